"""PyTorch on the cases of braid-bench, with the same inputs and weights."""

import torch
from torch.nn import functional as F

from measure import Bench, arguments, checksum
from torch_cases import PREDICTIONS, TRAINING, prediction, tensor, training_step

options = arguments(__doc__)
torch.set_num_threads(options.threads)
bench = Bench(options)


def returning(body):
    """Work that gives one tensor."""
    kept = []

    def work():
        kept[:] = [body()]

    return work, lambda: checksum(kept[0].detach().numpy())


def small_operators():
    x, y = tensor([10], 1), tensor([10], 2)

    def repeated(count):
        result = x
        for _ in range(count):
            result = x + y
        return result

    def chain(value, other, count):
        for _ in range(count):
            value = value + other
        return value

    with torch.no_grad():
        bench.run("torch-eager", "E1_add10_x10k", lambda: returning(lambda: repeated(10_000)))
        bench.run("torch-eager", "E2_chain100_10", lambda: returning(lambda: chain(x, y, 100)))
        if bench.wants("E3_256x256_x1k"):
            large, step = tensor([256, 256], 1), tensor([256, 256], 2, 1e-3)
            bench.run("torch-eager", "E3_256x256_x1k",
                      lambda: returning(lambda: chain(large, step, 1_000)))
    leaf = tensor([10], 1).requires_grad_()

    def recorded():
        result = leaf
        for _ in range(10_000):
            result = leaf + y
        return result

    kept = []

    def forward_and_backward():
        leaf.grad = None
        kept[:] = [chain(leaf, y, 100).sum()]
        kept[0].backward()

    bench.run("torch-eager", "E1g_add10_grad_x10k", lambda: returning(recorded))
    bench.run("torch-eager", "E2g_chain100_fwdbwd", lambda: (
        forward_and_backward,
        lambda: checksum(kept[0].detach().numpy()) + checksum(leaf.grad.numpy())))


@torch.no_grad()
def matrix_products():
    shapes = [(n, n, n) for n in (64, 128, 256, 512, 1024, 2048, 4096)]
    shapes += [(1, 4096, 4096), (32, 1024, 1024), (128, 768, 3072), (4096, 32, 512)]
    for m, n, k in shapes:
        name = f"G_gemm_{m}x{n}x{k}"
        if bench.wants(name):
            a, b = tensor([m, k], 1), tensor([k, n], 2)
            bench.run("torch-eager", name, lambda: returning(lambda: torch.mm(a, b)))


# Name, input channels, output channels, kernel, stride, height and width, groups.
CONVOLUTIONS = [
    ("stem7x7s2", 3, 64, 7, 2, 224, 1),
    ("s1_1x1_64_64", 64, 64, 1, 1, 56, 1), ("s1_3x3_64", 64, 64, 3, 1, 56, 1),
    ("s1_1x1_64_256", 64, 256, 1, 1, 56, 1), ("s1_1x1_256_64", 256, 64, 1, 1, 56, 1),
    ("s2_1x1_256_128", 256, 128, 1, 1, 56, 1), ("s2_3x3s2_128", 128, 128, 3, 2, 56, 1),
    ("s2_1x1_128_512", 128, 512, 1, 1, 28, 1), ("s2_1x1s2_256_512", 256, 512, 1, 2, 56, 1),
    ("s2_1x1_512_128", 512, 128, 1, 1, 28, 1), ("s2_3x3_128", 128, 128, 3, 1, 28, 1),
    ("s3_1x1_512_256", 512, 256, 1, 1, 28, 1), ("s3_3x3s2_256", 256, 256, 3, 2, 28, 1),
    ("s3_1x1_256_1024", 256, 1024, 1, 1, 14, 1), ("s3_1x1s2_512_1024", 512, 1024, 1, 2, 28, 1),
    ("s3_1x1_1024_256", 1024, 256, 1, 1, 14, 1), ("s3_3x3_256", 256, 256, 3, 1, 14, 1),
    ("s4_1x1_1024_512", 1024, 512, 1, 1, 14, 1), ("s4_3x3s2_512", 512, 512, 3, 2, 14, 1),
    ("s4_1x1_512_2048", 512, 2048, 1, 1, 7, 1), ("s4_1x1s2_1024_2048", 1024, 2048, 1, 2, 14, 1),
    ("s4_1x1_2048_512", 2048, 512, 1, 1, 7, 1), ("s4_3x3_512", 512, 512, 3, 1, 7, 1),
] + [
    (f"dw3x3_{channels}_s{stride}_{extent}", channels, channels, 3, stride, extent, channels)
    for channels, stride, extent in (
        (32, 1, 112), (96, 2, 112), (144, 1, 56), (144, 2, 56), (192, 1, 28), (192, 2, 28),
        (384, 1, 14), (576, 1, 14), (576, 2, 14), (960, 1, 7))
]


@torch.no_grad()
def convolutions():
    for batch in (1, 8):
        for name, inputs, outputs, kernel, stride, extent, groups in CONVOLUTIONS:
            name = f"C_b{batch}_{name}"
            if bench.wants(name):
                x = tensor([batch, inputs, extent, extent], 1)
                weight = tensor([outputs, inputs // groups, kernel, kernel], 2)
                bench.run("torch-eager", name, lambda: returning(lambda: F.conv2d(
                    x, weight, stride=stride, padding=kernel // 2, groups=groups)))


@torch.no_grad()
def pointwise():
    for count, name in ((10_000, "1e4"), (1_000_000, "1e6"), (10_000_000, "1e7")):
        name = f"P_gelu_chain_{name}"
        if bench.wants(name):
            x, w, b, r = (tensor([count], seed) for seed in (1, 2, 3, 4))
            bench.run("torch-eager", name, lambda: returning(lambda: F.gelu(x * w + b) + r))
    if bench.wants("P_softmax_8192x1024"):
        rows = tensor([8192, 1024], 1)
        bench.run("torch-eager", "P_softmax_8192x1024",
                  lambda: returning(lambda: torch.softmax(rows, -1)))
    if bench.wants("P_layernorm_8192x768"):
        wide, weight, bias = tensor([8192, 768], 1), tensor([768], 2, 0.5, 1.0), tensor([768], 3)
        bench.run("torch-eager", "P_layernorm_8192x768",
                  lambda: returning(lambda: F.layer_norm(wide, (768,), weight, bias)))
    if bench.wants("P_sum_1e7"):
        many = tensor([10_000_000], 1)
        bench.run("torch-eager", "P_sum_1e7", lambda: returning(lambda: many.sum()))


def adam():
    if not bench.wants("P_adam_10M"):
        return
    parameter = torch.nn.Parameter(tensor([10_000_000], 1))
    parameter.grad = tensor([10_000_000], 2)
    # In one pass over the memory, the fastest of its ways.
    optimizer = torch.optim.Adam([parameter], lr=1e-4, fused=True)
    first = []

    def step():
        optimizer.step()
        if not first:
            first.append(checksum(parameter.detach().numpy()))

    bench.run("torch-eager", "P_adam_10M", lambda: (step, lambda: first[0]))


@torch.no_grad()
def predictions():
    for case in PREDICTIONS:
        if bench.wants(case):
            network, x = prediction(case)
            bench.run("torch-eager", case, lambda: returning(lambda: network(x)))


def training_steps():
    for case in TRAINING:
        bench.run("torch-eager", case, lambda: training_step(case))


small_operators()
matrix_products()
convolutions()
pointwise()
adam()
predictions()
training_steps()
