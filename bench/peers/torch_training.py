"""PyTorch's training step on one processor in turns with ours (steps.py): eager, for images also with their channels last, and compiled.

The networks, data, optimiser and rate are those of bench/training. The optimiser is PyTorch's fused one, the fastest; compiled are network and loss,
forward and backward.
Usage: torch_training.py [--program FILE] [--json FILE] [--only NETWORK]
"""

import logging
from itertools import pairwise

import steps
import table

table.pin()
torch = table.load("torch")
nn = torch.nn


def activation(name: str) -> torch.nn.Module:
    """A layer of its own for each place. PyTorch's ReLU is in place, as in torchvision's networks: it is the faster."""
    return nn.ReLU(inplace=True) if name == "relu" else nn.Mish()


def dense(network: steps.Network) -> list[torch.nn.Module]:
    """The layers of a dense stack."""
    layers: list[torch.nn.Module] = []
    for inputs, outputs in pairwise(network.widths):
        layers += [nn.Linear(inputs, outputs), activation(network.activation)]
    return layers[:-1]


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> torch.nn.Sequential:
    """A convolution that keeps the extent but for its stride, and a batch norm."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


def lenet(network: steps.Network) -> list[torch.nn.Module]:
    """The layers of `1x28x28 conv32 pool conv64 pool 128 10`."""
    layers: list[torch.nn.Module] = []
    for inputs, outputs in ((1, 32), (32, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), activation(network.activation), nn.MaxPool2d(2)]
    return [*layers, nn.Flatten(), nn.Linear(64 * 7 * 7, 128), activation(network.activation), nn.Linear(128, steps.CLASSES)]


class Block(nn.Module):
    """Two convolutions and a sum with what went in, through a 1x1 convolution where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int, function: str) -> None:
        super().__init__()
        self.branch = nn.Sequential(conv(inputs, outputs, 3, stride), activation(function), conv(outputs, outputs))
        self.shortcut = nn.Identity() if inputs == outputs else conv(inputs, outputs, 1, stride)
        self.activation = activation(function)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the shape that the stride leaves."""
        return self.activation(self.branch(x) + self.shortcut(x))


def resnet_20(network: steps.Network) -> list[torch.nn.Module]:
    """The layers of He et al. 2016, section 4.2, with n = 3 and option B."""
    layers = [conv(network.shape[0], 16), activation(network.activation)]
    for inputs, outputs in ((16, 16), (16, 32), (32, 64)):
        layers.append(Block(inputs, outputs, outputs // inputs, network.activation))
        layers += [Block(outputs, outputs, 1, network.activation) for _ in range(2)]
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, steps.CLASSES)]


BUILDERS = {"lenet": lenet, "resnet-20": resnet_20}


def batches(network: steps.Network, layout: torch.memory_format) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Samples and labels at random."""
    shape = (network.batch, *network.shape)
    samples = [torch.randn(shape).contiguous(memory_format=layout) for _ in range(steps.BATCHES)]
    return [(x, torch.randint(steps.CLASSES, (network.batch,))) for x in samples]


def trainer(network: steps.Network, layout: torch.memory_format = torch.contiguous_format, compiled: bool = False) -> steps.Run:
    """What trains a new network."""
    net = nn.Sequential(*BUILDERS.get(network.name, dense)(network)).to(memory_format=layout)
    data = batches(network, layout)
    optimiser = torch.optim.SGD(net.parameters(), lr=steps.RATE, momentum=steps.MOMENTUM, fused=True)

    def loss_of(x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(net(x), labels)

    loss = torch.compile(loss_of) if compiled else loss_of

    def run(count: int) -> None:
        for i in range(count):
            optimiser.zero_grad()
            loss(*data[i % steps.BATCHES]).backward()
            optimiser.step()

    return run


def runs_of(network: steps.Network) -> dict[str, steps.Run]:
    """The ways to train a network; what is compiled has the layout that is faster."""
    torch.compiler.reset()
    if len(network.shape) == 1:
        return {"eager": trainer(network), "compile": trainer(network, compiled=True)}
    layout = torch.channels_last
    return {"eager": trainer(network), "channels-last": trainer(network, layout), "compile": trainer(network, layout, compiled=True)}


def main() -> None:
    """Measures and prints all."""
    chosen = steps.options(__doc__)
    torch.manual_seed(1)
    torch.set_num_threads(1)
    torch._logging.set_logs(all=logging.ERROR)  # the compiler warns of what only a GPU needs
    version = f"{torch.__version__} ({torch.backends.cpu.get_cpu_capability()})"
    steps.compare("PyTorch", version, ["eager", "channels-last", "compile"], runs_of, chosen)


if __name__ == "__main__":
    main()
