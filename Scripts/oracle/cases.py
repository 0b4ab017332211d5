"""What the families of oracle values share: arrays as files have them, random operands, files."""
import json
import pathlib

import numpy as np
import scipy

OUTPUT = pathlib.Path("Tests/BraidOperatorsTests/Oracle/values")
# The names by which DType is written in files.
DTYPES = ["f32", "f64", "f16", "bf16", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bool"]
NUMPY = {
    "f32": np.float32, "f64": np.float64, "f16": np.float16, "i8": np.int8, "i16": np.int16,
    "i32": np.int32, "i64": np.int64, "u8": np.uint8, "u16": np.uint16, "u32": np.uint32,
    "u64": np.uint64, "bool": np.bool_,
}
FLOATS = ["f32", "f64"]
random = np.random.default_rng(20261123)


def bfloat16(values):
    """Numbers rounded to bfloat16 (ties to even), as float32."""
    bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return rounded.astype(np.uint32).view(np.float32)


def array(dtype, values):
    """An array as files have it."""
    values = bfloat16(values) if dtype == "bf16" else np.asarray(values).astype(NUMPY[dtype])
    if dtype == "bool":
        items = [int(value) for value in values.flat]
    elif dtype[0] in "iu":
        items = [int(value) for value in values.flat]
    else:
        # The shortest decimal that reads back as the same number of this width.
        items = [
            float(str(value)) if np.isfinite(value) else str(value) for value in values.flat
        ]
    return {"dtype": dtype, "shape": list(values.shape), "values": items}


def numbers(dtype, shape, low=-3.0, high=3.0):
    """Random elements; whole numbers for integer dtypes, none negative for unsigned ones."""
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(np.bool_)
    if dtype[0] in "iu":
        lowest = 0 if dtype[0] == "u" else int(low) - 6
        return random.integers(lowest, int(high) + 7, shape).astype(NUMPY[dtype])
    # Three decimals keep the files small.
    return np.round(random.uniform(low, high, shape), 3).astype(NUMPY.get(dtype, np.float32))


class File:
    """The cases of one family."""

    def __init__(self, name):
        self.name = name
        self.cases = []

    def add(self, operator, attributes, inputs, outputs, terms=1):
        """inputs and outputs: lists of (dtype, values); terms: summed up in one output element."""
        self.cases.append({
            "operator": operator, "attributes": attributes, "terms": terms,
            "inputs": [array(dtype, values) for dtype, values in inputs],
            "outputs": [array(dtype, values) for dtype, values in outputs],
        })

    def write(self):
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in self.cases)
        note = f"NumPy {np.__version__}, SciPy {scipy.__version__}, Scripts/make-oracle-values"
        text = f'{{"source":{json.dumps(note)},"cases":[\n{lines}\n]}}\n'
        (OUTPUT / f"{self.name}.json").write_text(text)
        print(f"{self.name}: {len(self.cases)} cases, {len(text)} bytes")


def wide(values):
    """Floats in float64, so that a result is rounded once; others as they are."""
    values = np.asarray(values)
    return values.astype(np.float64) if values.dtype.kind == "f" else values
