"""Losses and layers of Tests/BraidNNTests, from PyTorch in float64, with the gradients of their first
array."""
import numpy as np
import torch
from torch.nn import functional as F

random = np.random.default_rng(20261125)


def numbers(*shape, low=-2.0, high=2.0):
    """Random numbers with three decimals, which keep the files small."""
    return np.round(random.uniform(low, high, shape), 3)


def signs(*shape):
    return np.where(random.uniform(size=shape) < 0.5, -1.0, 1.0)


def per_sample(losses):
    return losses.flatten(1).mean(1) if losses.dim() > 1 else losses


def case(name, function, first, **others):
    """function takes tensors of all arrays and returns the outputs."""
    x = torch.tensor(first, requires_grad=True)
    tensors = {key: torch.tensor(value) for key, value in others.items()}
    output = function(x, **tensors)
    cotangent = numbers(*output.shape)
    gradient, = torch.autograd.grad(output, x, torch.tensor(cotangent))
    return name, {"x": first, **others, "output": output, "cotangent": cotangent,
                  "gradient": gradient}


def losses():
    def weighed(function):
        """Losses of elements times weights [batch] or [batch, n]."""
        def weighed(x, y, weights):
            losses = function(x, y)
            missing = losses.dim() - weights.dim()
            return per_sample(losses * weights.reshape(weights.shape + (1,) * missing))
        return weighed

    def plain(function, **options):
        return lambda *arrays, **named: per_sample(
            function(*arrays, **named, **options, reduction="none"))

    distribution = numbers(4, 5, low=0.1, high=1)
    distribution = np.round(distribution / distribution.sum(1, keepdims=True), 3)
    distribution[0, 1] = 0
    x = lambda *shape: numbers(*(shape or (4, 3)))
    y = lambda: numbers(4, 3)
    classes = lambda *shape: random.integers(0, 5, shape)
    mse = lambda a, b: 0.5 * F.mse_loss(a, b, reduction="none")
    squared = lambda a, b: ((a - b) ** 2).flatten(1).sum(1)
    rows = [
        ("l1", plain(lambda x, y, **o: F.l1_loss(x, y, **o)), x(), {"y": y()}),
        ("l2", lambda x, y: per_sample(mse(x, y)), x(4, 2, 3), {"y": x(4, 2, 3)}),
        ("l2, weights", weighed(mse), x(), {"y": y(), "weights": numbers(4, low=0)}),
        ("l2, weights of elements", weighed(mse), x(4, 2, 3),
         {"y": x(4, 2, 3), "weights": numbers(4, 2, low=0)}),
        ("huber", plain(lambda x, y, **o: F.smooth_l1_loss(x, y, beta=0.7, **o)), x(), {"y": y()}),
        ("poisson", plain(lambda x, y, **o: F.poisson_nll_loss(x, y, **o)), x(),
         {"y": np.floor(numbers(4, 3, low=0, high=6))}),
        ("poisson, full", plain(lambda x, y, **o: F.poisson_nll_loss(x, y, full=True, **o)), x(),
         {"y": np.floor(numbers(4, 3, low=0, high=6))}),
        ("poisson, rate", plain(lambda x, y, **o: F.poisson_nll_loss(x, y, log_input=False, **o)),
         numbers(4, 3, low=0.2, high=5), {"y": np.floor(numbers(4, 3, low=0, high=6))}),
        ("sigmoid binary", plain(lambda x, y, **o: F.binary_cross_entropy_with_logits(x, y, **o)),
         numbers(4, 3, low=-30, high=30), {"y": np.where(numbers(4, 3) > 0, 1.0, 0.25)}),
        ("sigmoid binary, weights", lambda x, y, positive, weights: per_sample(
            F.binary_cross_entropy_with_logits(x, y, pos_weight=positive, reduction="none")
            * weights[:, None]), x(),
         {"y": np.where(numbers(4, 3) > 0, 1.0, 0.0), "positive": numbers(3, low=0.5),
          "weights": numbers(4, low=0)}),
        ("binary", plain(lambda x, y, **o: F.binary_cross_entropy(x, y, **o)),
         numbers(4, 3, low=0.05, high=0.95), {"y": np.where(numbers(4, 3) > 0, 1.0, 0.0)}),
        ("softmax", plain(lambda x, y, **o: F.cross_entropy(x, y, **o)), x(4, 5),
         {"y": classes(4)}),
        ("softmax, axis", plain(lambda x, y, **o: F.cross_entropy(x, y, **o)), x(2, 5, 3, 2),
         {"y": classes(2, 3, 2)}),
        ("softmax, last axis, weights", lambda x, y, weights: per_sample(
            F.cross_entropy(x.movedim(-1, 1), y, reduction="none") * weights), x(2, 3, 5),
         {"y": classes(2, 3), "weights": numbers(2, 3, low=0)}),
        ("softmax, probabilities", plain(lambda x, y, **o: F.cross_entropy(x, y, **o)), x(4, 5),
         {"y": distribution}),
        ("likelihood", plain(lambda x, y, **o: F.nll_loss(x, y, **o)), x(2, 5, 3),
         {"y": classes(2, 3)}),
        ("divergence", plain(lambda x, y, **o: F.kl_div(x, y, **o)), x(4, 5), {"y": distribution}),
        ("hinge", lambda x, y: per_sample(torch.relu(0.8 - x * y)), x(), {"y": signs(4, 3)}),
        ("squared hinge", lambda x, y: per_sample(torch.relu(0.8 - x * y) ** 2), x(),
         {"y": signs(4, 3)}),
        ("logistic", plain(lambda x, y, **o: F.soft_margin_loss(x, y, **o)), x(),
         {"y": signs(4, 3)}),
        ("triplet", lambda x, y, z: F.triplet_margin_with_distance_loss(
            x, y, z, distance_function=squared, margin=1.5, reduction="none"), x(4, 2, 3),
         {"y": x(4, 2, 3), "z": x(4, 2, 3)}),
        ("cosine", plain(lambda x, y, labels, **o: F.cosine_embedding_loss(
            x, y, labels, margin=0.1, **o)), x(6, 3),
         {"y": x(6, 3), "labels": np.array([1.0, -1, 1, -1, -1, -1])}),
        ("sdml", sdml, x(4, 3), {"y": y()}),
        ("ctc", lambda x, y: ctc(x, y, None, None), x(3, 7, 5),
         {"y": np.array([[1, 2, 3], [2, 2, 1], [4, 4, 4]])}),
        ("ctc, lengths", ctc, x(4, 6, 5),
         {"y": np.array([[1, 2, 3], [2, 2, -1], [4, -1, -1], [-1, -1, -1]]),
          "times": np.array([6, 3, 4, 2]), "lengths": np.array([3, 2, 1, 0])}),
    ]
    return [case(name, function, first, **others) for name, function, first, others in rows]


def sdml(x, y):
    batch, smoothing = len(x), 0.3
    distances = ((x[:, None] - y[None]) ** 2).sum(2)
    labels = torch.full((batch, batch), smoothing / (batch - 1), dtype=torch.float64)
    labels.fill_diagonal_(1 - smoothing)
    return F.kl_div((-distances).log_softmax(1), labels, reduction="none").sum(1)


def ctc(x, y, times, lengths):
    batch, time, _ = x.shape
    times = torch.full((batch,), time) if times is None else times
    lengths = torch.full((batch,), y.shape[1]) if lengths is None else lengths
    return F.ctc_loss(x.log_softmax(2).transpose(0, 1), y.clamp(min=0), times, lengths,
                      reduction="none")


def layers():
    x = lambda *shape: numbers(*(shape or (3, 5)), low=-4, high=4)
    activations = {
        "relu": F.relu, "relu6": F.relu6, "leakyRelu": F.leaky_relu, "elu": F.elu,
        "selu": F.selu, "celu": F.celu, "gelu": F.gelu,
        "geluTanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu,
        "swish": lambda x: x * torch.sigmoid(1.5 * x), "hardSwish": F.hardswish, "mish": F.mish,
        "tanh": torch.tanh, "sigmoid": torch.sigmoid,
        "hardSigmoid": lambda x: F.relu6(x + 3) / 6,  # PyTorch's own slope is rounded to f32
        "logSigmoid": F.logsigmoid, "softplus": F.softplus, "softsign": F.softsign,
    }
    rows = [(name, function, x(), {}) for name, function in activations.items()]
    rows += [
        ("prelu", lambda x, weight: F.prelu(x, weight), x(2, 3, 4),
         {"weight": np.array([0.1, 0.2, -0.3])}),
        ("reflection padding", lambda x: F.pad(x, (3, 3, 1, 1), mode="reflect"), x(2, 2, 3, 4), {}),
        ("edge padding", lambda x: F.pad(x, (2, 2), mode="replicate"), x(2, 2, 3), {}),
        ("pixel shuffle", lambda x: F.pixel_shuffle(x, 2), x(1, 8, 2, 3), {}),
        ("upsampling", lambda x: F.interpolate(x, scale_factor=2), x(1, 2, 2, 3), {}),
    ]
    return [case(name, function, first, **others) for name, function, first, others in rows]


FAMILIES = {"losses": losses, "layers": layers}
