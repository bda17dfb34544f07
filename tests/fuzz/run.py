"""Looks for inputs that break the promise.

    python -m tests.fuzz.run [--seconds 60] [--first 0] [--count N] [--jobs 2] [--keep FOLDER]
    python -m tests.fuzz.run --replay FILE [FILE ...]

Draws cases number *first* and up until the time is over, and prints each fault with its number; `--keep` writes the
case as JSON there too. Exits with status 1 if there was a fault.
"""

import argparse
import gc
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

# a fork has what its parent has imported
import jsonargparse  # noqa: F401
import plotly.graph_objects  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.manifold  # noqa: F401
import torch
import torch._dynamo

import streamsim.agents
import streamsim.cli
import streamsim.config
import streamsim.environments
import streamsim.report
import streamsim.runs  # noqa: F401

from .cases import Case
from .draw import draw
from .judge import call, fault
from .templates import write


def main() -> int:
    """Look for faults and return the exit status."""
    given = _arguments()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        templates = Path(name) / "templates"
        write(templates, call)
        if given.replay:
            faults = sum(_tell(str(file), Case.of(file.read_text()), templates, None) for file in given.replay)
            sys.stdout.write(f"{len(given.replay)} inputs, {faults} faults\n")
            return int(faults > 0)
        gc.freeze()  # what is there stays shared with every fork
        ends = time.monotonic() + given.seconds
        stretches = [
            (range(given.first + i, given.first + given.count, given.jobs), ends, templates, given.keep)
            for i in range(given.jobs)
        ]
        with multiprocessing.get_context("fork").Pool(given.jobs) as pool:
            found = pool.starmap(_stretch, stretches, chunksize=1)
    count, faults = (sum(numbers) for numbers in zip(*found, strict=True))
    sys.stdout.write(f"{count} inputs from number {given.first} on, {faults} faults\n")
    return int(faults > 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=2**40)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--replay", type=Path, nargs="+")
    return parser.parse_args()


def _stretch(numbers: range, ends: float, templates: Path, keep: Path | None) -> tuple[int, int]:
    """Return how many of the cases with these *numbers* there was time to try, and how many of them showed a fault."""
    torch.set_num_threads(1)
    count = faults = 0
    for number in numbers:
        if time.monotonic() > ends:
            break
        count, faults = count + 1, faults + _tell(str(number), draw(number, templates), templates, keep)
    return count, faults


def _tell(name: str, case: Case, templates: Path, keep: Path | None) -> bool:
    """Return whether a case shows a fault, and print it."""
    room = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        found = fault(case, templates, room)
    finally:
        _let_go(room)
    if found:
        sys.stdout.write(f"{name}: streamsim {' '.join(word[:40] for word in case.line)} ({case.template}): {found}\n")
        sys.stdout.flush()  # lest the next fork takes it along
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{name}.json").write_text(case.text())
    return bool(found)


def _let_go(room: Path) -> None:
    for top, below, _ in os.walk(room):
        for name in below:
            if not (Path(top) / name).is_symlink():
                (Path(top) / name).chmod(0o700)
    shutil.rmtree(room)


if __name__ == "__main__":
    sys.exit(main())
