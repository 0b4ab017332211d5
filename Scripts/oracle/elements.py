"""Oracle values of operators that move elements: with an index for each, reversed."""
import numpy as np

from oracle.cases import File, numbers, random, wide


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


FAMILIES = (along_axis,)
