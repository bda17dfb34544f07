"""Bar B6: the resident set grows by less than 8 MiB between two ticks far apart, and the ledger tells the truth.

One stream, a small network, every instrument, in a run folder as `streamsim run` makes it. The world is the tests' own,
which takes next to no time; with `--environment objects3d` it is the embedded one, which takes six times as long.

    python benchmarks/memory.py [--first 10000] [--last 100000] [--environment toys.CountingWorld]
"""

import argparse
import gc
import sys
import tempfile
from pathlib import Path

import psutil
import torch
from rich.console import Console

from streamsim import Instrument, TickRecord
from streamsim.config import configure
from streamsim.contracts import size_in_bytes
from streamsim.runs import RunFolder, Session

MIB = 2**20
SETTINGS = {
    "streams": 1,
    "agent.encoder.channels": [8, 16],
    "agent.contrasts": "[{class_path: OwnMemory}]",
    "probe_every": 0,
    "probes": None,
}


class Resident(Instrument):
    """Notes the resident set at some ticks."""

    def __init__(self, *ticks: int) -> None:
        self.found = dict.fromkeys(ticks, 0)

    def watch(self, record: TickRecord) -> None:
        """See `Instrument.watch`."""
        tick = record.glimpse.tick + 1
        if tick in self.found:
            gc.collect()
            self.found[tick] = psutil.Process().memory_info().rss
            print(f"tick {tick:7d}: {self.found[tick] / MIB:.1f} MiB resident", flush=True)


def main(first: int, last: int, environment: str) -> int:
    """Run, print what was found, and return 1 if a bar is missed."""
    torch.set_num_threads(1)
    size = "side" if environment.startswith("toys.") else "size"
    world = {"environment": environment, f"environment.{size}": 16}
    configuration = configure("hinge-objects3d", {**SETTINGS, **world, "ticks": last, "checkpoint_every": first})
    resident = Resident(*range(first, last + 1, max(1, (last - first) // 9)), last)
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder.create(Path(place) / "run")
        session = Session(folder, configuration, configuration.experiment.build(), Console(stderr=True))
        session.simulation.instruments.append(resident)
        session.run()
        folder.close()
    growth = (resident.found[last] - resident.found[first]) / MIB
    pathway = session.simulation.pathways[0]
    state = session.simulation.state[pathway.name]["agent"]
    told, real = pathway.agent.ledger(state).total, size_in_bytes(state)
    print(f"growth from tick {first} to {last}: {growth:.2f} MiB (bar: below 8)")
    print(f"ledger {told} bytes, tensors occupy {real} bytes: {'equal' if told == real else 'DIFFERENT'}")
    return int(growth >= 8 or told != real)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--first", type=int, default=10_000)
    parser.add_argument("--last", type=int, default=100_000)
    parser.add_argument("--environment", default="toys.CountingWorld")
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "streamsim"))
    sys.exit(main(**vars(parser.parse_args())))
