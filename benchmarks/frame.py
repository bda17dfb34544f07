"""The way of a frame: how much code one tick of a learner with a single layer runs through.

    python benchmarks/frame.py [--only CLAPP] [--tick 30] [--trace]

Counted is one `Learner.step` in the steady state, with calibration over and memory full, of the learners in `LEARNERS`:
4 streams, one convolution, `OwnMemory` and `PeerMemory` at lags 1 and 2. The figures count

- calls: of functions and methods of this package, properties and lambdas too, and each resumption of a generator.
  Comprehensions and generator expressions are part of the function that they stand in. What Python or a library runs
  for us, such as the constructor of a dataclass, is not ours.
- functions: different ones among them, by file and name, so that methods of one name in one file count once.
- files: different ones that these functions lie in.
- changes: of file, as a reader who follows the calls makes them: one to enter the step, one for each call that leads
  from one file to another, and one for each return that leads back.

With `--trace` the calls themselves are printed, indented by depth, with the changes of file so far before each.
"""

import argparse
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import torch

import streamsim
import streamsim.agents
import streamsim.environments
from streamsim import Glimpse, Sensor
from streamsim.agents import CLAPP, ContrastiveHinge, Conv, Encoder, Homeostasis, Learner, OwnMemory, PeerMemory

STREAMS, SHAPE, LAGS = 4, (3, 32, 32), (1, 2)
# The folders of the package, those that may lie within another first.
FOLDERS = {
    package.__name__.rpartition(".")[2]: Path(str(package.__file__)).resolve().parent
    for package in (streamsim.agents, streamsim.environments, streamsim)
}
WITHIN = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


class Call(NamedTuple):
    """A call on the way.

    Attributes:
        depth: calls of ours that it lies in.
        file: where the function is, from the folders of the package on.
        name: of the function, without its class.
        spelling: the name with its class.
        changes: of file so far, this call included.
    """

    depth: int
    file: str
    name: str
    spelling: str
    changes: int


class Way:
    """Notes the calls of ours while it is the profiler.

    Attributes:
        calls: in the order in which they began.
        changes: of file.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.changes = 0
        self._open: list[str] = []
        self._here = ""

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """Take note of an event, as `sys.setprofile` asks for."""
        code = frame.f_code
        file = file_of(code.co_filename)
        if file is None or code.co_name in WITHIN or event not in ("call", "return"):
            return
        if event == "return":
            self._open.pop()
            self._move()
            return
        self._open.append(file)
        self._move()
        self.calls.append(Call(len(self._open) - 1, file, code.co_name, code.co_qualname, self.changes))

    def figures(self) -> tuple[int, int, int, int]:
        """Return the number of calls, of functions, of files and of changes of file."""
        functions = {(call.file, call.name) for call in self.calls}
        return len(self.calls), len(functions), len({file for file, _ in functions}), self.changes

    def lines(self) -> list[str]:
        """Return the calls as text, one a line."""
        return [f"{call.changes:4d}  {'  ' * call.depth}{call.file}: {call.spelling}" for call in self.calls]

    def _move(self) -> None:
        """Go where the innermost call is; what comes after the outermost is no longer followed."""
        if self._open and self._open[-1] != self._here:
            self._here = self._open[-1]
            self.changes += 1


@cache
def file_of(name: str) -> str | None:
    """Return the file called *name* from the folders of the package on, or None if it is not ours."""
    path = Path(name)
    if not path.is_absolute():
        return None
    path = path.resolve()
    names = (f"{top}/{path.relative_to(folder)}" for top, folder in FOLDERS.items() if path.is_relative_to(folder))
    return next(names, None)


def contrasts() -> list[OwnMemory | PeerMemory]:
    """Return positives from the own past and negatives from another stream, at two lags."""
    return [OwnMemory(LAGS, negative=0.0), PeerMemory(1, LAGS)]


def clapp() -> Learner:
    """Return CLAPP with homeostasis and one convolution; everything else is as it comes."""
    return Learner(Encoder([Conv(8)]), CLAPP(homeostasis=Homeostasis()), contrasts=contrasts())


def hinge() -> Learner:
    """Return contrastive hinge with one convolution; everything else is as it comes."""
    return Learner(Encoder([Conv(8)]), ContrastiveHinge(), contrasts=contrasts())


LEARNERS: dict[str, Callable[[], Learner]] = {"CLAPP": clapp, "hinge": hinge}


def glimpses(ticks: int) -> list[Glimpse]:
    """Return noise with a saccade now and then."""
    generator = torch.Generator().manual_seed(0)
    frames = [torch.rand(STREAMS, *SHAPE, generator=generator) for _ in range(ticks)]
    saccades = [torch.rand(STREAMS, generator=generator) < 0.2 for _ in range(ticks)]
    return [Glimpse(frames[tick], saccades[tick], tick, tick / 10) for tick in range(ticks)]


def followed(agent: Learner, tick: int) -> Way:
    """Return the way of the frame of *tick* through *agent*, which has seen all before it."""
    state = agent.reset(Sensor(SHAPE, 0.0, 1.0, Fraction(1, 10)), STREAMS, 0, torch.device("cpu"))
    *before, last = glimpses(tick + 1)
    for glimpse in before:
        state, _ = agent.step(state, glimpse)
    way = Way()
    sys.setprofile(way)
    try:
        agent.step(state, last)
    finally:
        sys.setprofile(None)
    return way


def main() -> None:
    """Print the table, or the calls of every learner."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=tuple(LEARNERS), help="one learner instead of all")
    parser.add_argument("--tick", type=int, default=30, help="number of the tick that is followed")
    parser.add_argument("--trace", action="store_true", help="print every call instead of the table")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if not options.trace:
        print(f"{'one layer':10s} {'calls':>6s} {'functions':>10s} {'files':>6s} {'changes of file':>16s}")
    for name in [options.only] if options.only else LEARNERS:
        way = followed(LEARNERS[name](), options.tick)
        calls, functions, files, changes = way.figures()
        if options.trace:
            print(*way.lines(), sep="\n")
            print(f"{name}: {calls} calls in {functions} functions of {files} files, {changes} changes of file\n")
        else:
            print(f"{name:10s} {calls:6d} {functions:10d} {files:6d} {changes:16d}")


if __name__ == "__main__":
    main()
