"""Oracle values of elementary functions, beside those of make-oracle-values."""
import numpy as np
from scipy import special

from oracle.cases import FLOATS, File, numbers, wide

UNARY = {
    # name: (function, domain)
    "exponentialBase2": (np.exp2, (-9, 9)),
    "logarithmBase2": (np.log2, (0.01, 9)),
    "logarithmBase10": (np.log10, (0.01, 9)),
    "hyperbolicSine": (np.sinh, (-5, 5)),
    "hyperbolicCosine": (np.cosh, (-5, 5)),
    "inverseSine": (np.arcsin, (-1, 1)),
    "inverseCosine": (np.arccos, (-1, 1)),
    "inverseTangent": (np.arctan, (-9, 9)),
    "inverseHyperbolicSine": (np.arcsinh, (-9, 9)),
    "inverseHyperbolicCosine": (np.arccosh, (1, 9)),
    "inverseHyperbolicTangent": (np.arctanh, (-0.99, 0.99)),
    "complementaryErrorFunction": (special.erfc, (-4, 6)),
    "inverseErrorFunction": (special.erfinv, (-0.99, 0.99)),
    "cubeRoot": (np.cbrt, (-9, 9)),
}
BINARY = {
    "hypotenuse": np.hypot, "logAddExp": np.logaddexp,
    "floorDivide": np.floor_divide, "modulo": np.remainder,
}


def elementary():
    file = File("elementary")
    for name, (function, (low, high)) in UNARY.items():
        for dtype in FLOATS:
            x = numbers(dtype, (3, 4), low, high)
            file.add("unary", {"function": name}, [(dtype, x)], [(dtype, function(wide(x)))])
    for name, function in BINARY.items():
        whole = name in ("floorDivide", "modulo")
        for dtype in FLOATS + (["i8", "u16", "i64"] if whole else []):
            for shapes in [((3, 4), (3, 4)), ((2, 1, 3), (4, 1))]:
                a, b = (numbers(dtype, shape) for shape in shapes)
                if dtype[0] in "iu":
                    b = np.where(b == 0, 3, b).astype(b.dtype)
                file.add("binary", {"function": name}, [(dtype, a), (dtype, b)],
                         [(dtype, function(wide(a), wide(b)))])
    for dtype in ["i8", "u16", "i64"]:
        a, b = numbers(dtype, (3, 4)), numbers(dtype, (4,))
        for name, function in [("and", np.bitwise_and), ("or", np.bitwise_or),
                               ("exclusiveOr", np.bitwise_xor)]:
            file.add("logical", {"function": name}, [(dtype, a), (dtype, b)],
                     [(dtype, function(a, b))])
        file.add("logical", {"function": "not"}, [(dtype, a)], [(dtype, np.invert(a))])
    file.write()


FAMILIES = (elementary,)
