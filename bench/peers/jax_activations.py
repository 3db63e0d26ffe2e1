"""JAX's activations on one thread, compiled by XLA, beside ours where --ours names what `activations --part table --json FILE` wrote.

JAX has no form that writes to a given array, so its results are allocated. Usage: jax_activations.py [--ours FILE] [--json FILE] [--rounds N]
[--only ACTIVATION]
"""

import argparse
import os

import table

os.environ.update(table.XLA_ON_ONE_THREAD)
table.pin()  # before JAX starts its threads
jax = table.load("jax")
numpy = table.load("numpy")

FUNCTIONS = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jax.numpy.tanh,
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "selu": jax.nn.selu,
    "celu": jax.nn.celu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "gelu_tanh": jax.nn.gelu,
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
    "softplus": jax.nn.softplus,
    "softsign": jax.nn.soft_sign,
    "hard_tanh": jax.nn.hard_tanh,
    "relu6": jax.nn.relu6,
    "hard_sigmoid": jax.nn.hard_sigmoid,
    "hard_swish": jax.nn.hard_swish,
    "log_sigmoid": jax.nn.log_sigmoid,
    "squareplus": jax.nn.squareplus,
}


def arrays(count):
    """The same values as those of our benchmark."""
    i = numpy.arange(count, dtype=numpy.float64)
    return jax.numpy.asarray((4 * numpy.sin(1.3 * i)).astype("float32")), jax.numpy.asarray(numpy.cos(0.7 * i).astype("float32"))


def calls(function, x, dy):
    forward = jax.jit(function)
    backward = jax.jit(lambda a, b: jax.vjp(function, a)[1](b)[0])
    return {"forward": lambda: forward(x).block_until_ready(), "backward": lambda: backward(x, dy).block_until_ready()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours")
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only")
    options = parser.parse_args()
    result = table.Table("JAX", jax.__version__, options.ours)
    few = arrays(table.FEW)
    for size, count in table.SIZES.items():
        values = arrays(count)
        for name, function in FUNCTIONS.items():
            if options.only not in (None, name):
                continue
            on_few = calls(function, *few)
            for direction, call in calls(function, *values).items():
                result.add(name, direction, size, table.nanoseconds(call, on_few[direction], count, options.rounds))
    result.finish(options.json)


if __name__ == "__main__":
    main()
