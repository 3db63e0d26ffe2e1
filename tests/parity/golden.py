"""Makes the golden files of this folder: bench/peers/install.sh build/peers/venv && build/peers/venv/bin/python tests/parity/golden.py

Each holds a network, an optimiser, and the losses that PyTorch on a CPU has in 100 training steps, in double, so that its own rounding is not
in them. Initial parameters and batches are no part of the files: noise() makes them here and in parity_test.cc.

Rates are such that rounding does not grow: at 0.1 the residual network's losses in float are 1e-2 from those in double in PyTorch itself.
"""

import json
import pathlib

import numpy
import torch
from torch import nn

COMMAND = "build/peers/venv/bin/python tests/parity/golden.py"
STEPS, BATCH, CLASSES = 100, 16, 4
BATCHES = 4  # that come again and again
FIRST_BATCH = 1000  # the number of its stream; those before are of parameters


def noise(stream, count):
    """`count` values in [-1, 1), exact in float: a hash of their indices."""
    h = (numpy.arange(count, dtype=numpy.uint64) + stream * 0x9E3779B9) & 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        h = ((h ^ (h >> shift)) * factor) & 0xFFFFFFFF
    return torch.from_numpy((h >> 8).astype(numpy.float64) / 2**23 - 1)


class Residual(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)


class ChannelsLast(nn.Module):
    """An image as a vector in the order height, width, channels."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def dense(activation):
    return nn.Sequential(nn.Linear(12, 24), activation(24), nn.Linear(24, 24), activation(24), nn.Linear(24, CLASSES))


def relu(_):
    return nn.ReLU()


def gelu(_):
    return nn.GELU()


def prelu(units):
    return nn.PReLU(units)


def conv():
    return nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.GELU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), nn.GELU(),
                         nn.MaxPool2d(2), ChannelsLast(), nn.Linear(32, 16), nn.GELU(), nn.Linear(16, CLASSES))


def batch_norm():
    return nn.Sequential(nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), ChannelsLast(),
                         nn.Linear(96, 16, bias=False), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, CLASSES))


def residual():
    return nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.PReLU(6), Residual(nn.Conv2d(6, 6, 3, padding=1), nn.BatchNorm2d(6)), nn.PReLU(6),
                         nn.AdaptiveAvgPool2d(1), ChannelsLast(), nn.Linear(6, CLASSES))


RESIDUAL = """
[[node]]
name = "in"
kind = "input"
shape = [2, 8, 8]
[[node]]
name = "c1"
kind = "conv2d"
units = 6
kernel = 3
padding = 1
[[node]]
name = "a1"
kind = "activation"
[[node]]
name = "c2"
kind = "conv2d"
units = 6
kernel = 3
padding = 1
[[node]]
name = "norm"
kind = "batch_norm"
[[node]]
name = "sum"
kind = "add"
inputs = ["a1", "norm"]
[[node]]
name = "a2"
kind = "activation"
[[node]]
name = "mean"
kind = "global_pool"
[[node]]
name = "out"
kind = "dense"
units = 4
"""

DENSE, CONV, NORM = "12-2x24-4", "2x8x8 conv6 pool conv8 pool 16 4", "2x8x8 conv6 bn pool 16 bn 4"
SGD, ADAM, ADAMW, RMSPROP = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop

# file: net, activation, PyTorch's network, our text of the optimiser, PyTorch's class, its settings, decay, rate, clip
CASES = {
    "dense_sgd": (DENSE, "relu", dense(relu), "sgd,momentum=0.9", SGD, {"momentum": 0.9}, 0, 0.02, None),
    "dense_sgd_decay": (DENSE, "gelu", dense(gelu), "sgd,momentum=0.9,decay=0.01", SGD, {"momentum": 0.9}, 0.01, 0.02, None),
    "dense_nesterov": (DENSE, "prelu", dense(prelu), "sgd,nesterov", SGD, {"momentum": 0.9, "nesterov": True}, 0, 0.02, None),
    "dense_adam": (DENSE, "gelu", dense(gelu), "adam", ADAM, {}, 0, 0.003, None),
    "dense_sgd_clip": (DENSE, "prelu", dense(prelu), "sgd,momentum=0.9", SGD, {"momentum": 0.9}, 0, 0.02, 0.5),
    "dense_adamw": (DENSE, "gelu", dense(gelu), "adamw,decay=0.1", ADAMW, {}, 0.1, 0.003, None),
    "dense_rmsprop": (DENSE, "relu", dense(relu), "rmsprop", RMSPROP, {}, 0, 0.001, None),
    "conv": (CONV, "gelu", conv(), "sgd", SGD, {"momentum": 0.9}, 0, 0.02, None),
    "batch_norm": (NORM, "relu", batch_norm(), "sgd", SGD, {"momentum": 0.9}, 0, 0.05, None),
    "residual": (RESIDUAL, "prelu", residual(), "sgd", SGD, {"momentum": 0.9}, 0, 0.05, None),
}


def parameters(net):
    """The learnt parameters in the order of the layers, filled, and whether each decays."""
    modules = [m for m in net.modules() if isinstance(m, (nn.Linear, nn.Conv2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.PReLU))]
    for stream, (module, name, values) in enumerate((m, name, p) for m in modules for name, p in m.named_parameters()):
        is_weight = name == "weight" and isinstance(module, (nn.Linear, nn.Conv2d))
        scale = (6 / values[0].numel()) ** 0.5 if is_weight else 0.125
        centre = {nn.PReLU: 0.25}.get(type(module), 1) if name == "weight" and not is_weight else 0
        values.data = (centre + scale * noise(stream, values.numel())).float().double().reshape(values.shape)
        yield values, is_weight


def batch(step, shape):
    """Channels last, as both sides count them. The class is where the first values are largest."""
    x = noise(FIRST_BATCH + step % BATCHES, BATCH * numpy.prod(shape)).reshape(BATCH, -1)
    labels = x[:, :CLASSES].argmax(1)
    if len(shape) == 3:
        x = x.reshape(BATCH, *shape).permute(0, 3, 1, 2)
    return x, labels


def losses(net, kind, settings, decay, rate, clip, shape):
    pairs = list(parameters(net))
    groups = [{"params": [p for p, decays in pairs if decays], "weight_decay": decay},
              {"params": [p for p, decays in pairs if not decays], "weight_decay": 0}]
    optimiser = kind(groups, lr=rate, **settings)
    for step in range(STEPS):
        x, labels = batch(step, shape)
        loss = nn.functional.cross_entropy(net(x), labels)
        yield loss.item()
        optimiser.zero_grad()
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_([p for p, _ in pairs], clip)
        optimiser.step()


folder = pathlib.Path(__file__).parent / "golden"
for name, (net, activation, module, text, kind, settings, decay, rate, clip) in CASES.items():
    shape = (12,) if net == DENSE else (8, 8, 2)
    golden = {"made_by": COMMAND, "torch": torch.__version__, "net": net, "activation": activation, "optimiser": text, "rate": rate,
              "clip": clip, "batch": BATCH, "losses": list(losses(module.double(), kind, settings, decay, rate, clip, shape))}
    (folder / f"{name}.json").write_text(json.dumps(golden, indent=1) + "\n")
