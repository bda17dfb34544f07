"""A digest of all weights of every preset after some ticks: two revisions that compute the same print the same.

    OMP_NUM_THREADS=1 python benchmarks/weights.py [--data DIR ...] [--ticks 60] [--only PRESET]

Each preset runs as it is, but for streams, seed 3 and the recordings in `CASES`. These are looked for in the folders
of `--data` in turn, by default in the one that realdata tests read; what comes packed must be unpacked into one of them
(`photos96`, `cifar10`, `cifar100`). A preset whose recordings are absent is left out, with a line that says so.

A preset runs for `--ticks` ticks of its first pathway, or for more where calibration and the first updates take longer.
Printed are, for each pathway, its streams and ticks, how often the layer that learnt least was updated, and the first
16 digits of the SHA-256 of all weights of layers and rule, by name, as float32. All runs in one thread on the CPU;
other versions of torch and other processors may round otherwise.
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from streamsim.config import catalogue, configure
from streamsim.contracts import leaves

DATA = Path(os.environ.get("STREAMSIM_DATA", Path(__file__).parents[2] / "shared" / "data"))
SEED = 3
LIBRISPEECH = {"environment.root": "librispeech"}
ALIGNED = {"environment.corpus.root": "aligned_speech"}
UCF101 = {"environment.root": "ucf101"}
SUBSET = {"environment.subset": "test-other"}
FOLDERS = {"environment.source.learn_from": "FolderSource", "environment.source.probe_on": "FolderSource"}
PICTURES = {"environment.source.learn_from.root": "cifar100", "environment.source.probe_on.root": "cifar10"}


@dataclass(frozen=True)
class Case:
    """How a preset is run.

    Attributes:
        ticks: least number, after which weights have been updated more than once wherever that is affordable.
        streams: how many.
        paths: recordings, from a folder of data on, by the settings that take them.
        settings: other settings.
    """

    ticks: int = 0
    streams: int = 8
    paths: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


CASES = {
    "hinge-objects3d": Case(),
    "hinge-strict": Case(),
    **{f"one-stream/{name}": Case(ticks=1100, streams=1) for name in ("none", "short", "long", "two-tier")},
    "clapp-objects3d": Case(),
    "clapp-strict": Case(),
    "clapp-objects3d-paper": Case(),
    "hinge-cifar": Case(paths=PICTURES, settings=FOLDERS),
    "clapp-cifar": Case(paths=PICTURES, settings=FOLDERS),
    "clapp-stl10": Case(streams=14, paths={"environment.root": "photos96"}),  # 7 columns a picture, and another picture
    "clapp-ucf101": Case(ticks=110, paths=UCF101),  # an update every 54 ticks; negatives from 7 other streams
    "clapp-ucf101-small": Case(ticks=150, paths=UCF101),  # calibration 90, an update every 9
    "clapp-librispeech": Case(ticks=260, streams=2, paths=LIBRISPEECH, settings=SUBSET),  # an update every 128
    "clapp-librispeech-eprop": Case(ticks=260, streams=2, paths=LIBRISPEECH, settings=SUBSET),
    "clapp-librispeech-small": Case(ticks=200, paths=ALIGNED),  # calibration 140, an update every 8
    "clapp-librispeech-eprop-small": Case(ticks=200, paths=ALIGNED),
    "eye-and-ear": Case(
        ticks=150,  # of the eye, as in clapp-ucf101-small; the ear ticks ten times as often
        streams=4,
        paths={"pathways.eye.environment.root": "ucf101", "pathways.ear.environment.corpus.root": "aligned_speech"},
    ),
}


class Absent(Exception):
    """Recordings are not there."""


def located(path: str, folders: Sequence[Path]) -> str:
    """Return where *path* is among *folders*."""
    for folder in folders:
        if (folder / path).is_dir():
            return str(folder / path)
    raise Absent(f"there is no {path} in {' or '.join(map(str, folders))}")


def digest(agent: Mapping[str, Any]) -> str:
    """Return the hash of all weights in the state of an agent."""
    weights = dict(leaves({group: agent[group] for group in ("layers", "rule")}))
    sha = hashlib.sha256()
    for name in sorted(weights):
        sha.update(weights[name].detach().cpu().float().contiguous().numpy().tobytes())
    return sha.hexdigest()[:16]


def updates(agent: Mapping[str, Any]) -> str:
    """Return how often the layer that learnt least was updated, if the agent counts it."""
    count = agent.get("updates")
    return "?" if count is None else str(int(count.min()))


def rows(name: str, case: Case, ticks: int, folders: Sequence[Path]) -> Iterator[str]:
    """Run a preset and yield a line for each of its pathways."""
    paths = {setting: located(path, folders) for setting, path in case.paths.items()}
    overrides = {"seed": SEED, "streams": case.streams, "device": "cpu", **case.settings, **paths}
    simulation = configure(name, overrides).experiment.build()
    simulation.run(max(ticks, case.ticks))
    for pathway in simulation.pathways:
        agent = simulation.state[pathway.name]["agent"]
        title = name if len(simulation.pathways) == 1 else f"{name} ({pathway.name})"
        run = f"{case.streams:7d} {simulation.ticks(pathway):6d} {updates(agent):>8s}"
        yield f"{title:30s} {run}  {digest(agent)}"


def main() -> int:
    """Print the table and return 1 if a preset has no case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", default=[DATA], help="folders with recordings")
    parser.add_argument("--ticks", type=int, default=60, help="least number of ticks of the first pathway")
    parser.add_argument("--only", choices=tuple(CASES), help="one preset instead of all")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'preset':30s} {'streams':>7s} {'ticks':>6s} {'updates':>8s}  weights", flush=True)
    for name in [options.only] if options.only else CASES:
        try:
            for row in rows(name, CASES[name], options.ticks, options.data):
                print(row, flush=True)
        except Absent as reason:
            print(f"{name:30s} left out: {reason}", flush=True)
    unknown = [name for name, _, _ in catalogue("presets") if name not in CASES]
    if unknown:
        print(f"presets without a case: {', '.join(unknown)}")
    return int(bool(unknown))


if __name__ == "__main__":
    sys.exit(main())
