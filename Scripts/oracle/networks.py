"""The networks of make-model-oracle and of the benchmarks, as PyTorch defines them."""
import torch
import torchvision
from torch import nn
from torch.nn import functional as F


def mlp(*hidden):
    """Two hidden layers, of 128 and 64 units when nothing else is asked for."""
    first, second = hidden or (128, 64)
    return nn.Sequential(
        nn.Linear(784, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(),
        nn.Linear(second, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.Tanh(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 500), nn.Tanh(), nn.Linear(500, 10))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.projection = None
        if stride != 1 or inputs != outputs:
            self.projection = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + (x if self.projection is None else self.projection(x)))


def resnet18():
    """The form for images of 32 x 32 pixels."""
    layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    inputs = 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def resnet50():
    return torchvision.models.resnet50(weights=None)


def mobilenetv2():
    """Without dropout, which draws its own random numbers."""
    network = torchvision.models.mobilenet_v2(weights=None)
    network.classifier[0].p = 0
    return network


class Encoder(nn.Module):
    """A transformer's layer with normalisation behind each part."""

    def __init__(self, width, heads, hidden, causal=False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.inputs, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.expansion, self.contraction = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        batch, length, width = x.shape
        query, key, value = self.inputs(x).reshape(
            batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        x = self.norm1(x + self.output(y.transpose(1, 2).reshape(batch, length, width)))
        return self.norm2(x + self.contraction(F.gelu(self.expansion(x))))


def bert(layers=12, width=768, heads=12, hidden=3072):
    return nn.Sequential(*(Encoder(width, heads, hidden) for _ in range(layers)))


class Decoder(nn.Module):
    """A language model of causal layers."""

    def __init__(self, vocabulary=1000, width=256, heads=4, layers=4, length=128):
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(length, width))
        self.embedding = nn.Embedding(vocabulary, width)
        self.layers = nn.Sequential(
            *(Encoder(width, heads, 4 * width, True) for _ in range(layers)))
        self.output = nn.Linear(width, vocabulary)

    def forward(self, tokens):
        return self.output(self.layers(self.embedding(tokens) + self.positions))


class LSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.LSTM(512, 512, 2)

    def forward(self, x):
        return self.layers(x)[0]


class LSTMLanguageModel(nn.Module):
    def __init__(self, vocabulary=1000, width=256):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.layers = nn.LSTM(width, width, batch_first=True)
        self.output = nn.Linear(width, vocabulary)

    def forward(self, tokens):
        return self.output(self.layers(self.embedding(tokens))[0])
