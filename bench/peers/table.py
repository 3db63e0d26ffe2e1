"""What the peers' scripts share: timing, the table beside ours, JSON."""

import importlib
import json
import math
import os
import pathlib
import sys
import time
import types
from typing import NoReturn

XLA_ON_ONE_THREAD = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1", "JAX_PLATFORMS": "cpu"}

SIZES = {"L1": 2048, "16Ki": 16384, "L2": 32768, "DRAM": 16 << 20}
FEW = 16  # elements of a call that costs nothing but itself
WANTED = {"forward": 2.5, "backward": 2.0}  # at 16 Ki elements
FROM_OUTPUT = "from the output"  # what a backward pass reads, as a remark

# Functions that only compare, add and multiply: memory is their limit beyond L1, for everyone.
PIECEWISE = {"relu", "leaky_relu", "hard_tanh", "relu6", "hard_sigmoid", "hard_swish", "soft_shrink", "hard_shrink", "threshold"}

# Of which rows there is a mean. Ours goes backward from the input; a peer that reads what its forward pass kept has less to compute.
KINDS = {
    "all": lambda row: True,
    "smooth ones": lambda row: row["activation"] not in PIECEWISE,
    "smooth ones from the input": lambda row: row["activation"] not in PIECEWISE and not row["remark"].startswith("from"),
}


def fail(message: str) -> NoReturn:
    """Ends the script with one line."""
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {message}")


def load(module: str) -> types.ModuleType:
    """The module. Errors: it is not there, or does not load."""
    try:
        return importlib.import_module(module)
    except (ImportError, OSError) as error:
        reason = str(error).partition("\n")[0]
        fail(f"{sys.executable} does not load {module} ({reason}): make peers installs it in build/peers/venv unless RECTIFY_PYTHON is set")


def pin() -> None:
    """Keeps this process and its children on one processor."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def write_json(path: str | None, document: dict) -> None:
    """Writes the document where there is a path. Errors: it cannot be written."""
    if path:
        try:
            pathlib.Path(path).write_text(json.dumps(document, indent=2) + "\n")
        except OSError as error:
            fail(f"{path} cannot be written: {error.strerror}")


def first_quartile(values):
    return sorted(values)[len(values) // 4]


def seconds(call, repeats):
    """Of processor time, which does not grow while others have the processor."""
    start = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - start) / repeats


def nanoseconds(call, call_on_few, size, rounds):
    """The time of an element, without what a call of the framework costs by itself: that of the same call on a few elements is taken off."""
    once = seconds(call, 1)
    repeats = max(1, min(2000, int(2e-3 / once)))
    if repeats == 1:
        rounds = max(3, rounds // 2)
    whole, empty = [], []
    for _ in range(rounds):
        whole.append(seconds(call, repeats))
        empty.append(seconds(call_on_few, max(repeats, 20)))
    return (first_quartile(whole) - first_quartile(empty)) / size * 1e9


def read_ours(path):
    """Our rows by (activation, direction, size), and on what they were measured."""
    if path is None:
        return {}, {}
    written = "write it with build/release/bench/activations --part table --json FILE"
    try:
        document = json.loads(pathlib.Path(path).read_text())
        rows = [row for row in document["rows"] if row["part"] == "table"]
        return {(row["activation"], row["direction"], row["size"]): row for row in rows}, document["on"]
    except OSError as error:
        fail(f"{path} cannot be read ({error.strerror}): {written}")
    except (ValueError, KeyError, TypeError):
        fail(f"{path} does not hold our times: {written}")


class Table:
    """Prints rows as they come, then the figures."""

    def __init__(self, peer, version, ours_path):
        self.peer = peer
        self.version = version
        self.ours, self.on = read_ours(ours_path)
        self.rows = []
        print(f"{peer} {version}, one thread, ns an element without the cost of a call; ratio: its time over ours")
        if self.on:
            print(f"ours: target {self.on['target']}, {self.on['cpu']}")
        print(f"{'':16}{'':9}{'size':6}{peer:>10}{'ours':>9}{'ratio':>8}")

    def add(self, activation, direction, size, ns, remark=""):
        """Adds the peer's time. One from the output stands beside ours from the output, where we have one."""
        mine = self.ours.get((activation, direction, size), {})
        ours = mine.get("from_output_ns", mine.get("ns")) if remark == FROM_OUTPUT else mine.get("ns")
        row = {"activation": activation, "direction": direction, "size": size, "ns": ns, "ours_ns": ours, "remark": remark}
        self.rows.append(row)
        beside = f"{ours:9.3f}{ns / ours:8.2f}" if ours else f"{'':17}"
        print(f"{activation:16}{direction:9}{size:6}{ns:10.3f}{beside}{'  ' + remark if remark else ''}", flush=True)

    def ratios(self, direction, belongs):
        measured = [row for row in self.rows if row["direction"] == direction and row["size"] == "16Ki" and row["ours_ns"] and row["ns"] > 0]
        return [row["ns"] / row["ours_ns"] for row in measured if belongs(row)]

    def figures(self):
        found = []
        for direction, wanted in WANTED.items():
            before = []
            for kind, belongs in KINDS.items():
                ratios = self.ratios(direction, belongs)
                if ratios and len(ratios) != len(before):  # else it is the kind before
                    before = ratios
                    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
                    what = f"16 Ki, {self.peer}'s time over ours, {direction}, geometric mean of {kind}"
                    found.append({"what": what, "wanted": wanted, "measured": mean})
        return found

    def finish(self, json_path):
        figures = self.figures()
        for figure in figures:
            verdict = "met" if figure["measured"] >= figure["wanted"] else "missed"
            print(f"{figure['what']:90}wanted >= {figure['wanted']}, measured {figure['measured']:.2f}  {verdict}")
        write_json(json_path, {"peer": self.peer, "version": self.version, "figures": figures, "rows": self.rows, "on": self.on})
