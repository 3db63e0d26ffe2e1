"""PyTorch's activation kernels on one thread, beside ours where --ours names what `activations --part table --json FILE` wrote.

They are called on preallocated tensors (out=, and grad_input= of the aten _backward), so that neither allocation nor autograd is counted; where
PyTorch has no such form, the remark says so. A call from Python costs microseconds, which are taken off (table.py).
Usage: torch_activations.py [--ours FILE] [--json FILE] [--rounds N] [--only ACTIVATION]
"""

import argparse

import table

table.pin()
torch = table.load("torch")
aten = torch.ops.aten
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805

# activation: (forward(x, out), backward(dy, x, y, grad_input) or None, remark on the backward pass). y is the output, as autograd keeps it.
FROM_BUFFER = "from exp(-|x|), which forward keeps"
ALLOCATES = "allocates its result"
FUNCTIONS = {
    "sigmoid": (
        lambda x, out: aten.sigmoid.out(x, out=out),
        lambda dy, x, y, g: aten.sigmoid_backward.grad_input(dy, y, grad_input=g),
        table.FROM_OUTPUT,
    ),
    "tanh": (
        lambda x, out: aten.tanh.out(x, out=out),
        lambda dy, x, y, g: aten.tanh_backward.grad_input(dy, y, grad_input=g),
        table.FROM_OUTPUT,
    ),
    "relu": (
        lambda x, out: aten.relu.out(x, out=out),
        lambda dy, x, y, g: aten.threshold_backward.grad_input(dy, x, 0, grad_input=g),
        "",
    ),
    "leaky_relu": (
        lambda x, out: aten.leaky_relu.out(x, 0.01, out=out),
        lambda dy, x, y, g: aten.leaky_relu_backward.grad_input(dy, x, 0.01, False, grad_input=g),
        "",
    ),
    "elu": (
        lambda x, out: aten.elu.out(x, 1, 1, 1, out=out),
        lambda dy, x, y, g: aten.elu_backward.grad_input(dy, 1, 1, 1, False, x, grad_input=g),
        "",
    ),
    "selu": (
        lambda x, out: aten.elu.out(x, SELU_ALPHA, SELU_SCALE, 1, out=out),
        lambda dy, x, y, g: aten.elu_backward.grad_input(dy, SELU_ALPHA, SELU_SCALE, 1, False, x, grad_input=g),
        "",
    ),
    "celu": (
        lambda x, out: aten.elu.out(x, 1, 1, 1, out=out),
        lambda dy, x, y, g: aten.elu_backward.grad_input(dy, 1, 1, 1, False, x, grad_input=g),
        "",
    ),
    "gelu": (
        lambda x, out: aten.gelu.out(x, out=out),
        lambda dy, x, y, g: aten.gelu_backward.grad_input(dy, x, grad_input=g),
        "",
    ),
    "gelu_tanh": (
        lambda x, out: aten.gelu.out(x, approximate="tanh", out=out),
        lambda dy, x, y, g: aten.gelu_backward.grad_input(dy, x, approximate="tanh", grad_input=g),
        "",
    ),
    "silu": (
        lambda x, out: aten.silu.out(x, out=out),
        lambda dy, x, y, g: aten.silu_backward.grad_input(dy, x, grad_input=g),
        "",
    ),
    "mish": (lambda x, out: aten.mish.out(x, out=out), lambda dy, x, y, g: aten.mish_backward(dy, x), ALLOCATES),
    "softplus": (
        lambda x, out: aten.softplus.out(x, 1, 20, out=out),
        lambda dy, x, y, g: aten.softplus_backward.grad_input(dy, x, 1, 20, grad_input=g),
        "",
    ),
    "hard_tanh": (
        lambda x, out: aten.hardtanh.out(x, -1, 1, out=out),
        lambda dy, x, y, g: aten.hardtanh_backward.grad_input(dy, x, -1, 1, grad_input=g),
        "",
    ),
    "relu6": (
        lambda x, out: aten.hardtanh.out(x, 0, 6, out=out),
        lambda dy, x, y, g: aten.hardtanh_backward.grad_input(dy, x, 0, 6, grad_input=g),
        "",
    ),
    "hard_sigmoid": (
        lambda x, out: aten.hardsigmoid.out(x, out=out),
        lambda dy, x, y, g: aten.hardsigmoid_backward.grad_input(dy, x, grad_input=g),
        "",
    ),
    "hard_swish": (
        lambda x, out: aten.hardswish.out(x, out=out),
        lambda dy, x, y, g: aten.hardswish_backward.out(dy, x, out=g),
        "",
    ),
    "log_sigmoid": (
        lambda x, out: aten.log_sigmoid_forward.output(x, output=out, buffer=buffer_like(x)),
        lambda dy, x, y, g: aten.log_sigmoid_backward.grad_input(dy, x, buffer_like(x), grad_input=g),
        FROM_BUFFER,
    ),
    "soft_shrink": (
        lambda x, out: aten.softshrink.out(x, 0.5, out=out),
        lambda dy, x, y, g: aten.softshrink_backward.grad_input(dy, x, 0.5, grad_input=g),
        "",
    ),
    "hard_shrink": (
        lambda x, out: aten.hardshrink.out(x, 0.5, out=out),
        lambda dy, x, y, g: aten.hardshrink_backward.grad_input(dy, x, 0.5, grad_input=g),
        "",
    ),
    "threshold": (
        lambda x, out: aten.threshold.out(x, 1, 0, out=out),
        lambda dy, x, y, g: aten.threshold_backward.grad_input(dy, x, 1, grad_input=g),
        "",
    ),
}

BUFFERS = {}


def buffer_like(x):
    """The tensor that log_sigmoid keeps for its backward pass, one for each size."""
    if x.numel() not in BUFFERS:
        BUFFERS[x.numel()] = torch.empty_like(x)
    return BUFFERS[x.numel()]


class Tensors:
    """The same values as those of our benchmark."""

    def __init__(self, count):
        i = torch.arange(count, dtype=torch.float64)
        self.x = (4 * torch.sin(1.3 * i)).float()
        self.dy = torch.cos(0.7 * i).float()
        self.y = torch.empty_like(self.x)
        self.dx = torch.empty_like(self.x)


def calls(function, t):
    """The two passes over tensors t. The forward pass runs once, since some backward passes read its output."""
    forward, backward, _ = function
    forward(t.x, t.y)
    return {"forward": lambda: forward(t.x, t.y), "backward": lambda: backward(t.dy, t.x, t.y, t.dx)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours")
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only")
    options = parser.parse_args()
    torch.set_num_threads(1)
    result = table.Table("PyTorch", f"{torch.__version__} ({torch.backends.cpu.get_cpu_capability()})", options.ours)
    few = Tensors(table.FEW)
    with torch.inference_mode():
        for size, count in table.SIZES.items():
            tensors = Tensors(count)
            for name, function in FUNCTIONS.items():
                if options.only not in (None, name):
                    continue
                on_few = calls(function, few)
                for direction, call in calls(function, tensors).items():
                    ns = table.nanoseconds(call, on_few[direction], count, options.rounds)
                    result.add(name, direction, size, ns, function[2] if direction == "backward" else "")
    result.finish(options.json)


if __name__ == "__main__":
    main()
