"""The cases of one family, computed by NumPy and SciPy; the rest is in oracle.files."""

import numpy as np
import scipy

from oracle import files
from oracle.files import DTYPES, FLOATS, NUMPY, OUTPUT, numbers, random, wide

__all__ = ["DTYPES", "FLOATS", "NUMPY", "OUTPUT", "File", "numbers", "random", "wide"]


def File(name):
    """A file of cases, with the versions that computed them."""
    return files.File(name, f"NumPy {np.__version__}, SciPy {scipy.__version__}, "
                            "Scripts/make-oracle-values")
