"""What the training scripts share: the networks, our step beside the peer's, timing, the table, JSON."""

import argparse
import dataclasses
import json
import math
import pathlib
import statistics
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable

import table

BATCHES = 4  # of data in memory, taken in turn
CLASSES = 10
RATE, MOMENTUM = 1e-4, 0.9  # a small rate: labels at random would otherwise make the weights grow
TURNS = 3  # ours and the peer's, one after the other, so that a change of the machine's speed meets both
OUR_ROUNDS = 5  # of a turn
PEER_ROUNDS, ROUND_SECONDS = 3, 0.5  # of a turn
WARM_UP = 5  # steps

Run = Callable[[int], None]  # takes so many steps, and waits for them


@dataclasses.dataclass(frozen=True)
class Network:
    """A network of bench/training, and how many times as long as ours each peer's step is wanted to take."""

    name: str
    batch: int
    shape: tuple[int, ...]  # of a sample; images as channels, height, width
    widths: tuple[int, ...] = ()  # of all its layers, where all are dense
    wanted: dict[str, float] = dataclasses.field(default_factory=dict)
    activation: str = "relu"


NETWORKS = (
    Network("784-128-10", 32, (784,), (784, 128, 10), {"eager": 3, "jit": 1.3}),
    Network("784-512-512-10", 128, (784,), (784, 512, 512, 10), {"eager": 1.5, "jit": 1.3}),
    Network("784-20x100-10", 128, (784,), (784, *[100] * 20, 10), {"eager": 1.8, "jit": 1.2}),
    Network("784-3x2048-10", 256, (784,), (784, *[2048] * 3, 10), {"eager": 1.2, "jit": 1.25}),
    Network("lenet", 64, (1, 28, 28), (), {"eager": 2, "channels-last": 2, "jit": 4}),
    Network("lenet", 64, (1, 28, 28), (), {"eager": 2.8, "channels-last": 2.8}, "mish"),
    Network("resnet-20", 128, (3, 32, 32), (), {"eager": 1.35, "channels-last": 1.35}),
)


def options(description: str) -> argparse.Namespace:
    """The command line of a training script, read. Errors: there is no program of ours."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--program", default="build/release/bench/training", help="ours (default: %(default)s)")
    parser.add_argument("--json", help="the file to write")
    parser.add_argument("--only", help="one of the networks", choices=sorted({network.name for network in NETWORKS}))
    chosen = parser.parse_args()
    if not shutil.which(chosen.program):
        table.fail(f"there is no program {chosen.program}: make peers builds it, or name it with --program")
    return chosen


def our_step(program: str, network: Network) -> tuple[dict, dict]:
    """What bench/training says of a step, and on what it was measured. The program runs on the same processor, as children do."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [program, "--only", network.name, "--activation", network.activation, "--rounds", str(OUR_ROUNDS), "--json", file.name]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except subprocess.CalledProcessError as error:
            table.fail(f"{' '.join(command)} ended with status {error.returncode}")
        document = json.loads(pathlib.Path(file.name).read_text())
    return document["steps"][0], document["on"]


def seconds(run: Run, count: int) -> float:
    """The time of a step."""
    start = time.perf_counter()
    run(count)
    return (time.perf_counter() - start) / count


def measure(network: Network, runs: dict[str, Run], program: str) -> tuple[dict[str, float], dict]:
    """The median times of a step in microseconds: of "ours", of its "floor" (its bare products) and of each run; on what ours was measured."""
    counts = {}
    for name, run in runs.items():
        run(WARM_UP)
        counts[name] = max(1, math.ceil(ROUND_SECONDS / seconds(run, 2)))
    times = {name: [] for name in ("floor", "ours", *runs)}
    for _ in range(TURNS):
        ours, on = our_step(program, network)
        times["floor"].append(ours["floor_us"])
        times["ours"].append(ours["step_us"])
        for name, run in runs.items():
            times[name] += [seconds(run, counts[name]) * 1e6 for _ in range(PEER_ROUNDS)]
    return {name: statistics.median(values) for name, values in times.items()}, on


def row_of(network: Network, times: dict[str, float]) -> dict:
    """What the JSON document has of one network."""
    peers = {}
    for name in [name for name in times if name not in ("floor", "ours")]:
        wanted = network.wanted.get(name)
        ratio = times[name] / times["ours"]
        peers[name] = {"us": times[name], "ratio": ratio, "wanted": wanted, "met": None if wanted is None else ratio >= wanted}
    about = {"net": network.name, "batch": network.batch, "activation": network.activation}
    return about | {"floor_us": times["floor"], "ours_us": times["ours"], "peers": peers}


def line_of(row: dict, names: list[str]) -> str:
    """A line of the table, with a column for each name."""
    line = f"{row['net']:<15}{row['batch']:>4}  {row['activation']:<6}{row['floor_us']:>9.0f}{row['ours_us']:>9.0f}"
    for name in names:
        peer = row["peers"].get(name)
        measured = f"{peer['us']:>14.0f}{peer['ratio']:>7.2f}" if peer else f"{'-':>14}{'':7}"
        wanted = f"{peer['wanted']:>8.2f} {'met' if peer['met'] else 'missed':<7}" if peer and peer["wanted"] else f"{'':16}"
        line += measured + wanted
    return line.rstrip()


def compare(peer: str, version: str, names: list[str], runs_of: Callable[[Network], dict[str, Run]], chosen: argparse.Namespace) -> None:
    """Measures each network's runs, which are called `names`, beside ours; prints the table and writes the JSON document."""
    print(f"{peer} {version}: a training step, SGD with momentum, single precision, one thread on one processor: microseconds, medians")
    print("ratio: its time over ours, which ran in turns with it; floor: ours without all but the matrix products and convolutions")
    columns = "".join(f"{name:>14}{'ratio':>7}{'wanted':>8}{'':8}" for name in names)
    print(f"{'network':<15}{'n':>4}  {'':6}{'floor':>9}{'ours':>9}{columns.rstrip()}", flush=True)
    rows, on = [], {}
    for network in NETWORKS:
        if chosen.only in (None, network.name):
            times, on = measure(network, runs_of(network), chosen.program)
            rows.append(row_of(network, times))
            print(line_of(rows[-1], names), flush=True)
    print(f"ours: commit {on['commit']}, target {on['target']}, {on['cpu']}")
    table.write_json(chosen.json, {"peer": peer, "version": version, "rows": rows, "on": on})
