"""The networks of the benchmarks in PyTorch, filled as braid-bench fills its own."""

import pathlib
import sys

import torch
from torch.nn import functional as F

from measure import labels, values

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parent.parent))
from oracle import networks


def tensor(shape, seed, scale=1.0, center=0.0):
    return torch.from_numpy(values(shape, seed, scale, center))


def filled(network):
    """As ParameterList.fillWithPatterns in Sources/BraidBench/Cases/BenchmarkNetwork.swift."""
    for index, (name, parameter) in enumerate(network.named_parameters()):
        shape = list(parameter.shape)
        if len(shape) == 1 and name.endswith("weight"):
            made = tensor(shape, index + 1, 0.5, 1.0)
        else:
            inputs = parameter.numel() // shape[0] if len(shape) > 1 else 100
            made = tensor(shape, index + 1, 2 / inputs ** 0.5)
        parameter.data.copy_(made)
    return network


def tokens(shape, seed=0):
    return torch.from_numpy(labels(shape, 1000, seed))


# The network and its input, filled with the patterns.
PREDICTIONS = {
    "M_mlp_b1": lambda: (networks.mlp(), tensor([1, 784], 0)),
    "M_mlp_b128": lambda: (networks.mlp(), tensor([128, 784], 0)),
    "M_lenet_b1": lambda: (networks.lenet(), tensor([1, 1, 28, 28], 0)),
    "M_lenet_b64": lambda: (networks.lenet(), tensor([64, 1, 28, 28], 0)),
    "M_mobilenetv2_b1": lambda: (networks.mobilenetv2(), tensor([1, 3, 224, 224], 0)),
    "M_resnet50_b1": lambda: (networks.resnet50(), tensor([1, 3, 224, 224], 0)),
    "M_resnet50_b8": lambda: (networks.resnet50(), tensor([8, 3, 224, 224], 0)),
    "M_bert_b1": lambda: (networks.bert(), tensor([1, 128, 768], 0)),
    "M_bert_b8": lambda: (networks.bert(), tensor([8, 128, 768], 0)),
    "M_lstm_b16": lambda: (networks.LSTM(), tensor([64, 16, 512], 0)),
}


def prediction(case):
    network, x = PREDICTIONS[case]()
    return filled(network).eval(), x


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-4)


# The network, its input and how it learns.
TRAINING = {
    "T_mlp_b64": lambda: (networks.mlp(512, 256), tensor([64, 784], 0), sgd),
    "T_mlp_b512": lambda: (networks.mlp(512, 256), tensor([512, 784], 0), sgd),
    "T_lenet_b64": lambda: (networks.lenet(), tensor([64, 1, 28, 28], 0), sgd),
    "T_resnet18_b64": lambda: (networks.resnet18(), tensor([64, 3, 32, 32], 0), sgd),
    "T_translm_b16": lambda: (networks.Decoder(), tokens([16, 128]), adam),
    "T_lstmlm_b32": lambda: (networks.LSTMLanguageModel(), tokens([32, 64]), adam),
}


def training_step(case):
    """A step, and the loss of the first one."""
    network, x, optimizer = TRAINING[case]()
    filled(network).train()
    is_language = x.dtype == torch.int64
    y = torch.from_numpy(labels(list(x.shape), 1000, 1) if is_language
                         else labels([x.shape[0]], 10, 1))
    optimizer = optimizer(network.parameters())
    first = []

    def step():
        optimizer.zero_grad(set_to_none=True)
        scores = network(x)
        loss = F.cross_entropy(scores.reshape(-1, scores.shape[-1]), y.reshape(-1))
        loss.backward()
        optimizer.step()
        if not first:
            first.append(loss.item())

    return step, lambda: first[0]
