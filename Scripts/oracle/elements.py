"""Oracle values of operators that move elements, order them, or run along an axis."""
import numpy as np

from oracle.cases import FLOATS, File, numbers, random, wide


def along_axis():
    file = File("along_axis")
    for dtype in ["f32", "f64", "i32", "bool"]:
        for index_type, axis in [("i32", 1), ("i64", -3)]:
            x = numbers(dtype, (4, 3, 2))
            places = random.integers(0, x.shape[axis], (4, 5, 2) if axis == 1 else (6, 3, 2))
            file.add("take_along_axis", {"axis": axis}, [(dtype, x), (index_type, places)],
                     [(dtype, np.take_along_axis(x, places, axis))])
            values = numbers(dtype, places.shape)
            # Row-major order, the last of several values for one place stays.
            put = x.copy()
            for index in np.ndindex(places.shape):
                place = list(index)
                place[axis] = places[index]
                put[tuple(place)] = values[index]
            file.add("scatter_along_axis", {"axis": axis},
                     [(dtype, x), (index_type, places), (dtype, values)], [(dtype, put)])
            if dtype == "bool":
                continue
            total = np.zeros(x.shape, wide(values).dtype)
            grid = list(np.indices(places.shape))
            grid[axis] = places
            np.add.at(total, tuple(grid), wide(values))
            file.add("scatter_add_along_axis", {"axis": axis, "extent": x.shape[axis]},
                     [(dtype, values), (index_type, places)], [(dtype, total)], terms=6)
        x = numbers(dtype, (2, 3, 4))
        for axes in ([0], [-1, 1], []):
            file.add("flip", {"axes": axes}, [(dtype, x)], [(dtype, np.flip(x, tuple(axes)))])
    file.write()


def sorting():
    file = File("sorting")
    for dtype in ["f32", "f64", "i8", "u32", "bool"]:
        x = np.round(numbers(dtype, (3, 7, 2))).astype(numbers(dtype, ()).dtype)
        if dtype == "f32":
            x.flat[:6] = [np.nan, 0, -0.0, np.inf, -np.inf, np.nan]
        for axis, descending, count in [(1, False, None), (-2, True, None), (0, False, 2),
                                        (1, True, 3)]:
            if descending:
                # Stable and NaN first: the order of the reversed line, read backward.
                order = x.shape[axis] - 1 - np.flip(
                    np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
            else:
                order = np.argsort(x, axis=axis, kind="stable")
            attributes = {"axis": axis, "isDescending": descending}
            if count is not None:
                attributes["count"] = count
                order = np.take(order, np.arange(count), axis)
            file.add("argsort", attributes, [(dtype, x)], [("i64", order)])
    for name, function, start in [("sum", np.cumsum, 0), ("product", np.cumprod, 1)]:
        for dtype in FLOATS + ["i32", "u8"]:
            for axis, exclusive, backward in [(1, False, False), (0, True, False),
                                              (-1, False, True), (-2, True, True)]:
                x = numbers(dtype, (2, 5, 3), -1.5, 1.5)
                y = wide(np.flip(x, axis) if backward else x)
                y = function(y, axis=axis, dtype=y.dtype)
                if exclusive:
                    first = np.full(y.shape, start, y.dtype).take([0], axis)
                    y = np.concatenate(
                        [first, y.take(np.arange(y.shape[axis] - 1), axis)], axis)
                y = np.flip(y, axis) if backward else y
                file.add("cumulative", {"function": name, "axis": axis, "isExclusive": exclusive,
                                        "isReversed": backward}, [(dtype, x)], [(dtype, y)], terms=5)
    for dtype in FLOATS:
        a, b = numbers(dtype, (6, 2), -1, 1), numbers(dtype, (6, 2))
        # The recurrence as a triangular system: y[k] - a[k] y[k - 1] = b[k].
        y = np.stack([
            np.linalg.solve(np.eye(6) - np.diag(wide(a)[1:, j], -1), wide(b)[:, j])
            for j in range(2)], 1)
        file.add("linear_recurrence", {"axis": 0, "isReversed": False}, [(dtype, a), (dtype, b)],
                 [(dtype, y)], terms=6)
        file.add("linear_recurrence", {"axis": 0, "isReversed": True},
                 [(dtype, a[::-1]), (dtype, b[::-1])], [(dtype, y[::-1])], terms=6)
    file.write()


FAMILIES = (along_axis, sorting)
