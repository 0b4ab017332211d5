"""Oracle values of linear algebra."""
import numpy as np
from scipy import linalg

from oracle.cases import FLOATS, File, numbers, wide


def linear_algebra():
    file = File("linear_algebra")
    for dtype in FLOATS:
        a = numbers(dtype, (2, 4, 4), -0.5, 0.5) + 3 * np.eye(4, dtype=numbers(dtype, ()).dtype)
        b = numbers(dtype, (2, 4, 3))
        symmetric = np.tril(a) + np.tril(a, -1).swapaxes(1, 2)
        # What stands above the diagonal is not read.
        file.add("cholesky", {}, [(dtype, a)], [(dtype, np.linalg.cholesky(wide(symmetric)))],
                 terms=8)
        for lower in (True, False):
            for unit in (True, False):
                x = np.stack([
                    linalg.solve_triangular(m, y, lower=lower, unit_diagonal=unit)
                    for m, y in zip(wide(a), wide(b))])
                file.add("triangular_solve", {"isLower": lower, "hasUnitDiagonal": unit},
                         [(dtype, a), (dtype, b)], [(dtype, x)], terms=16)
        exchanged = a[:, [2, 0, 3, 1]]
        file.add("linear_solve", {}, [(dtype, exchanged), (dtype, b)],
                 [(dtype, np.linalg.solve(wide(exchanged), wide(b)))], terms=16)
        file.add("determinant", {}, [(dtype, exchanged)],
                 [(dtype, np.linalg.det(wide(exchanged)))], terms=24)
        for shape in [(4, 4), (2, 5, 3)]:
            tall = numbers(dtype, shape)
            q, r = np.linalg.qr(wide(tall))
            # LAPACK leaves the signs open; Braid's diagonals are positive.
            signs = np.sign(np.diagonal(r, axis1=-2, axis2=-1))
            file.add("qr", {}, [(dtype, tall)],
                     [(dtype, q * signs[..., None, :]), (dtype, r * signs[..., :, None])], terms=60)
    file.write()


FAMILIES = (linear_algebra,)
