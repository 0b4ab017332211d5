"""ONNX Runtime on the predictions of braid-bench, with PyTorch's networks exported to ONNX."""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from measure import Bench, arguments, checksum, import_report, peak_megabytes

# Case of memory: the prediction that is made.
MEMORY = {"R_resnet50_b8_infer": "M_resnet50_b8"}


def export(case, path):
    """Writes a network, and its input beside it."""
    import torch
    from torch_cases import prediction

    network, x = prediction(case)
    with torch.no_grad():
        torch.onnx.export(network, (x,), str(path), dynamo=False, opset_version=17)
    np.save(path.with_suffix(".npy"), x.numpy())


def session(path, threads):
    """The network ready to run, in as many threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    made = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])
    inputs = {made.get_inputs()[0].name: np.load(path.with_suffix(".npy"))}
    return lambda: made.run(None, inputs)[0]


def timed(path, threads):
    run = session(path, threads)
    kept = []

    def work():
        kept[:] = [run()]

    return work, lambda: checksum(kept[0])


def memory(path, threads):
    """The peak of a process that predicts five times, and the checksum."""
    run = session(path, threads)
    for _ in range(5):
        result = run()
    print(peak_megabytes(), checksum(result))


def own_process(*words):
    """Exporting needs PyTorch, which must not be in the process that is measured."""
    found = subprocess.run(
        [sys.executable, __file__, *words], capture_output=True, text=True)
    if found.returncode != 0:
        raise RuntimeError(found.stderr.strip()[-200:])
    return found.stdout.split("\n")[-2] if found.stdout else ""


def main():
    bench = Bench(arguments(__doc__))
    threads = bench.options.threads
    import_report(bench, "onnxruntime", "ort")
    cases = [
        "M_mlp_b1", "M_mlp_b128", "M_lenet_b1", "M_lenet_b64", "M_mobilenetv2_b1", "M_resnet50_b1",
        "M_resnet50_b8", "M_bert_b1", "M_bert_b8", "M_lstm_b16"]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "network.onnx")
        for case in cases + list(MEMORY):
            if not bench.wants(case):
                continue

            def measured():
                peak, found = map(float, own_process("memory", str(path), str(threads)).split())
                return None, None, {"peak_rss_mb": peak, "checksum": found}

            try:
                own_process("export", MEMORY.get(case, case), str(path))
            except RuntimeError as error:
                print(f"{case}: {error}", file=sys.stderr)
                continue
            if case in MEMORY:
                bench.report("ort", case, measured)
            else:
                bench.run("ort", case, lambda: timed(path, threads))


if __name__ == "__main__":
    if sys.argv[1:2] == ["export"]:
        export(sys.argv[2], pathlib.Path(sys.argv[3]))
    elif sys.argv[1:2] == ["memory"]:
        memory(pathlib.Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
