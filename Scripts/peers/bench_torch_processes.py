"""PyTorch on what needs processes of its own: memory and start-up (R), data-parallel training (D, by gloo).

    bench_torch_processes.py [--threads N] [--groups R,D] [--only REGEX]
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time

import torch
from torch import distributed

from measure import Bench, arguments, checksum, import_report, labels, peak_megabytes
from torch_cases import F, filled, networks, prediction, sgd, tensor, training_step


def predict_five_times():
    """The peak of memory, and the checksum."""
    with torch.no_grad():
        network, x = prediction("M_resnet50_b8")
        for _ in range(5):
            result = network(x)
    return peak_megabytes(), checksum(result.numpy())


def train_five_times():
    step, result = training_step("T_resnet18_b64")
    for _ in range(5):
        step()
    return peak_megabytes(), result()


MEMORY = {"R_resnet50_b8_infer": predict_five_times, "R_resnet18_b64_train": train_five_times}


def train_as_rank():
    """One rank of data-parallel training; the first one prints times and the mean of the first losses."""
    torch.set_num_threads(1)
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    network = filled(networks.resnet18()).train()
    x = tensor([64 * size, 3, 32, 32], 0)[64 * rank:64 * (rank + 1)].contiguous()
    y = torch.from_numpy(labels([64 * size], 10, 1))[64 * rank:64 * (rank + 1)]
    distributed.init_process_group("gloo")
    if size > 1:
        network = torch.nn.parallel.DistributedDataParallel(network)
    optimizer = sgd(network.parameters())
    times, first = [], None
    for _ in range(7):
        begin = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(x), y)
        loss.backward()
        optimizer.step()
        times.append(time.perf_counter() - begin)
        first = loss.detach().clone() if first is None else first
    distributed.all_reduce(first)
    if rank == 0:
        print(json.dumps({"times": times[2:], "first_call_s": times[0],
                          "loss": first.item() / size}))
    distributed.barrier()
    distributed.destroy_process_group()


def own_process(what, **environment):
    return subprocess.Popen(
        [sys.executable, __file__, what], stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, **environment))


def memory(bench):
    for case in MEMORY:
        def measured():
            process = own_process(case, OMP_NUM_THREADS=str(bench.options.threads))
            peak, found = json.loads(process.communicate()[0])
            return None, None, {"peak_rss_mb": peak, "checksum": found}

        if bench.wants(case):
            bench.report("torch-eager", case, measured)


def data_parallel(bench):
    for size in (1, 2):
        def measured():
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = str(free.getsockname()[1])
            ranks = [
                own_process(
                    "rank", RANK=str(rank), WORLD_SIZE=str(size), MASTER_ADDR="127.0.0.1",
                    MASTER_PORT=port, OMP_NUM_THREADS="1", GLOO_SOCKET_IFNAME="lo")
                for rank in range(size)]
            outputs = [rank.communicate()[0] for rank in ranks]
            found = json.loads(outputs[0])
            median = statistics.median(found["times"])
            return median, min(found["times"]), {
                "n": len(found["times"]), "first_call_s": found["first_call_s"],
                "checksum": found["loss"], "items_s": 64 * size / median}

        case = f"D_resnet18_b64_{size}proc"
        if bench.wants(case):
            bench.report("torch-ddp-gloo", case, measured, threads=size)


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] == "rank":
        train_as_rank()
    elif len(sys.argv) == 2 and sys.argv[1] in MEMORY:
        print(json.dumps(MEMORY[sys.argv[1]]()))
    else:
        bench = Bench(arguments(__doc__))
        import_report(bench, "torch", "torch-eager")
        memory(bench)
        data_parallel(bench)
