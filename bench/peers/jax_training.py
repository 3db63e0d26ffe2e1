"""JAX's training step on one processor, one jit function with donated buffers, in turns with ours (steps.py).

The networks, data, optimiser and rate are those of bench/training. Images are channels-last, as XLA likes them on a CPU.
Usage: jax_training.py [--program FILE] [--json FILE] [--only NETWORK]
"""

from __future__ import annotations

import os
from itertools import pairwise

import steps
import table

os.environ.update(table.XLA_ON_ONE_THREAD)
table.pin()  # before JAX starts its threads
jax = table.load("jax")
numpy = table.load("numpy")
lax, jnp = jax.lax, jax.numpy

ACTIVATIONS = {"relu": jax.nn.relu, "mish": jax.nn.mish}
EPSILON, OLD_SHARE = 1e-5, 0.9  # of batch norm


class Parameters:
    """Hands out a network's parameters and running statistics in the order in which it asks for them: new ones where none are given."""

    def __init__(self, values: list | None = None, running: list | None = None) -> None:
        self.values, self.running = values or [], running or []
        self.is_new = values is None
        self.random = numpy.random.default_rng(1)
        self.next_value = self.next_running = 0
        self.updated: list = []  # the running statistics after this pass

    def value(self, *shape: int, scale: float = 0.0, centre: float = 0.0) -> jax.Array:
        """The next parameter."""
        if self.is_new:
            self.values.append(jnp.asarray(centre + scale * self.random.standard_normal(shape), "float32"))
        self.next_value += 1
        return self.values[self.next_value - 1]

    def track(self, *batch: jax.Array) -> None:
        """Takes a batch's mean and variance into the running ones."""
        if self.is_new:
            self.running.append(batch)
        old = self.running[self.next_running]
        self.updated.append(tuple(OLD_SHARE * a + (1 - OLD_SHARE) * b for a, b in zip(old, batch, strict=True)))
        self.next_running += 1


def dense(p: Parameters, x: jax.Array, units: int) -> jax.Array:
    """[samples, units]"""
    inputs = x.shape[1]
    return x @ p.value(inputs, units, scale=(2 / inputs) ** 0.5) + p.value(units)


def conv(p: Parameters, x: jax.Array, filters: int, kernel: int = 3, stride: int = 1) -> jax.Array:
    """[samples, height, width, filters], without a bias. It keeps the extent but for its stride."""
    channels = x.shape[3]
    weights = p.value(kernel, kernel, channels, filters, scale=(2 / (channels * kernel**2)) ** 0.5)
    padding = [(kernel // 2, kernel // 2)] * 2
    return lax.conv_general_dilated(x, weights, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def batch_norm(p: Parameters, x: jax.Array) -> jax.Array:
    """Of the same shape; with the batch's statistics."""
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    p.track(mean, variance)
    channels = x.shape[3]
    return (x - mean) * (lax.rsqrt(variance + EPSILON) * p.value(channels, centre=1)) + p.value(channels)


def max_pool(x: jax.Array) -> jax.Array:
    """Half the extent."""
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def dense_stack(network: steps.Network, p: Parameters, x: jax.Array) -> jax.Array:
    """[samples, classes]"""
    for _, units in pairwise(network.widths[:-1]):
        x = ACTIVATIONS[network.activation](dense(p, x, units))
    return dense(p, x, network.widths[-1])


def lenet(network: steps.Network, p: Parameters, x: jax.Array) -> jax.Array:
    """[samples, classes], of `1x28x28 conv32 pool conv64 pool 128 10`."""
    function = ACTIVATIONS[network.activation]
    for filters in (32, 64):
        x = max_pool(function(conv(p, x, filters) + p.value(filters)))
    return dense(p, function(dense(p, x.reshape(x.shape[0], -1), 128)), steps.CLASSES)


def resnet_20(network: steps.Network, p: Parameters, x: jax.Array) -> jax.Array:
    """[samples, classes], of He et al. 2016, section 4.2, with n = 3 and option B."""
    function = ACTIVATIONS[network.activation]
    x = function(batch_norm(p, conv(p, x, 16)))
    for filters in (16, 32, 64):
        for _ in range(3):
            stride = filters // x.shape[3]
            branch = function(batch_norm(p, conv(p, x, filters, 3, stride)))
            branch = batch_norm(p, conv(p, branch, filters))
            x = function(branch + (x if stride == 1 else batch_norm(p, conv(p, x, filters, 1, stride))))
    return dense(p, x.mean((1, 2)), steps.CLASSES)


OUTPUTS = {"lenet": lenet, "resnet-20": resnet_20}


def batches(network: steps.Network) -> list[tuple[jax.Array, jax.Array]]:
    """Samples and labels at random."""
    random = numpy.random.default_rng(2)
    shape = (network.batch, *network.shape[1:], network.shape[0]) if len(network.shape) == 3 else (network.batch, *network.shape)
    samples = [random.standard_normal(shape, "float32") for _ in range(steps.BATCHES)]
    return [(jnp.asarray(x), jnp.asarray(random.integers(steps.CLASSES, size=network.batch))) for x in samples]


def trainer(network: steps.Network) -> steps.Run:
    """What trains a new network."""
    outputs = OUTPUTS.get(network.name, dense_stack)

    def loss(values: list, running: list, x: jax.Array, labels: jax.Array) -> tuple[jax.Array, list]:
        p = Parameters(values, running)
        scores = jax.nn.log_softmax(outputs(network, p, x))
        return -jnp.take_along_axis(scores, labels[:, None], axis=1).mean(), p.updated

    def step(values: list, velocities: list, running: list, x: jax.Array, labels: jax.Array) -> tuple[list, list, list]:
        gradients, running = jax.grad(loss, has_aux=True)(values, running, x, labels)
        velocities = [steps.MOMENTUM * v + g for v, g in zip(velocities, gradients, strict=True)]
        return [w - steps.RATE * v for w, v in zip(values, velocities, strict=True)], velocities, running

    data = batches(network)
    new = Parameters()
    outputs(network, new, data[0][0])
    state = (new.values, [jnp.zeros_like(w) for w in new.values], new.running)
    compiled = jax.jit(step, donate_argnums=(0, 1, 2))

    def run(count: int) -> None:
        nonlocal state
        for i in range(count):
            state = compiled(*state, *data[i % steps.BATCHES])
        jax.block_until_ready(state)

    return run


def main() -> None:
    """Measures and prints all."""
    chosen = steps.options(__doc__)
    steps.compare("JAX", jax.__version__, ["jit"], lambda network: {"jit": trainer(network)}, chosen)


if __name__ == "__main__":
    main()
