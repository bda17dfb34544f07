"""What a tick of the paper's audio network costs, and e-prop beside the bare arithmetic of its traces.

    python benchmarks/audio.py [--threads N]

Ratios are of one run; seconds depend on the machine.
"""

import argparse
import time
from collections.abc import Callable
from fractions import Fraction

import torch

from streamsim import Glimpse, Sensor
from streamsim.agents import (
    CLAPP,
    Adam,
    Calibration,
    CPCAudioEncoder,
    DeferredCredit,
    Learner,
    OwnMemory,
    PeerMemory,
    ShortTermMemory,
    Transparent,
)
from streamsim.agents.recurrent import eprop
from streamsim.agents.recurrent.cell import NAMES, cell
from streamsim.contracts import State
from streamsim.runs import keep_memory

STREAMS, TICK = 8, 0.01
LAGS = tuple(range(1, 13))


def clocked(function: Callable[[], object], rounds: int) -> float:
    """Return the median seconds of a call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return sorted(times)[rounds // 2]


def network() -> float:
    """Return seconds per tick of the paper's network: 512 channels, GRU of 256, 12 lags, an update every 128 ticks."""
    agent = Learner(
        CPCAudioEncoder(),
        CLAPP(),
        ShortTermMemory(12),
        [OwnMemory(LAGS, negative=0.0), PeerMemory(1, LAGS, paired=True)],
        Adam(2e-4, every=128),
        calibration=Calibration(0),
        retina=Transparent(),
        credit=DeferredCredit(),
    )
    state = agent.reset(Sensor((1, 160), -1.0, 1.0, Fraction(1, 100), "audio"), STREAMS, 0, torch.device("cpu"))
    number = 0

    def tick() -> None:
        nonlocal number, state
        frame = torch.randn(STREAMS, 1, 160, generator=torch.Generator().manual_seed(number)) / 10
        saccade = torch.full((STREAMS,), number == 0)
        state, _ = agent.step(state, Glimpse(frame, saccade, number, number * TICK))
        number += 1

    clocked(tick, 20)
    start = time.perf_counter()
    rounds = 256  # two updates
    for _ in range(rounds):
        tick()
    return (time.perf_counter() - start) / rounds


def traces(streams: int, inputs: int, units: int) -> tuple[float, float]:
    """Return seconds per tick of e-prop with credit, and of the arithmetic on its traces and of the cell alone."""
    rows = 3 * units
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) / 10

    shapes = ((rows, inputs), (rows, units), (rows,), (rows,))
    weights = {name: drawn(*shape) for name, shape in zip(NAMES, shapes, strict=True)}
    x, signal, goes_on = drawn(streams, inputs), drawn(streams, units), torch.ones(streams, 1)
    state: State = {"h": torch.zeros(streams, units), "traces": eprop.blank(inputs, units, streams)}
    kept, factor, row = drawn(streams, rows).abs(), drawn(streams, rows), drawn(streams, rows)
    bare = {"x": torch.zeros(streams, rows, inputs), "h": torch.zeros(streams, rows, units)}

    def whole() -> object:
        h, gates = cell(weights, x, state["h"])
        state["traces"] = eprop.advanced(state["traces"], gates, x, state["h"], goes_on)
        state["h"] = h
        return eprop.credited(state["traces"], signal)

    def arithmetic() -> None:
        cell(weights, x, state["h"])
        for name, before in (("x", x), ("h", state["h"])):
            bare[name] = (bare[name] * kept[..., None]).addcmul_(factor[..., None], before[:, None])
            total = bare[name][0] * row[0, :, None]
            for own, one in zip(bare[name][1:], row[1:], strict=True):
                total.addcmul_(own, one[:, None])

    clocked(whole, 5), clocked(arithmetic, 5)
    pairs = [(clocked(whole, 20), clocked(arithmetic, 20)) for _ in range(5)]
    return min(a for a, _ in pairs), min(b for _, b in pairs)


def memory() -> tuple[int, int]:
    """Return bytes of state and traces after 100 and after 100,000 ticks."""
    weights = {name: torch.zeros(s) for name, s in zip(NAMES, ((12, 5), (12, 4), (12,), (12,)), strict=True)}
    x, h, kept, sizes = torch.ones(2, 5), torch.zeros(2, 4), eprop.blank(5, 4, 2), []
    goes_on = torch.ones(2, 1)
    for tick in range(100_001):
        now, gates = cell(weights, x, h)
        kept, h = eprop.advanced(kept, gates, x, h, goes_on), now
        if tick in (100, 100_000):
            sizes.append(h.untyped_storage().nbytes() + sum(t.untyped_storage().nbytes() for t in kept.values()))
    return sizes[0], sizes[1]


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    torch.set_num_threads(parser.parse_args().threads)
    keep_memory()
    for streams, inputs, units in ((8, 512, 256), (32, 96, 96), (1, 512, 256)):
        whole, bare = traces(streams, inputs, units)
        print(
            f"e-prop, {streams} streams, {inputs} inputs, {units} units: {1e3 * whole:.2f} ms a tick, "
            f"{whole / bare:.2f} x the arithmetic of traces and cell"
        )
    print("bytes after 100 and 100,000 ticks: {} {}".format(*memory()))
    seconds = network()
    print(
        f"the paper's audio network, {STREAMS} streams: {1e3 * seconds:.1f} ms a tick of {1e3 * TICK:.0f} ms, "
        f"{STREAMS * TICK / seconds:.2f} x real time in sum"
    )


if __name__ == "__main__":
    main()
