"""Shows that the tests notice when the code is wrong: one wrong sign, gate, lag or factor at a time.

    python -m tests.mutants.run [WORD ...]

Each mutant whose name has one of the words in it (without words all) is imported in place of its file, by a process
that has torch already and nothing of this package, and its tests run until one fails. No file is changed. Before the
mutants, all these tests run on the code as it is. Exits with status 1 if a mutant survives.
"""

import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from .catalogue import MUTANTS
from .mutant import ROOT, Mutant

JOBS, SECONDS = 2, 100
QUIET = "ignore::pytest.PytestAssertRewriteWarning"  # hypothesis is imported before the fork
OPTIONS = (
    "-x",
    "-q",
    "--no-header",
    "--tb=line",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-W",
    QUIET,
    f"--rootdir={ROOT}",
)


class Verdict(NamedTuple):
    """What came of a mutant.

    Attributes:
        killed: whether a test failed because of it.
        by: the test, or why there is none.
    """

    killed: bool
    by: str


class Failures:
    """A plug-in of pytest's that notes which tests failed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report) -> None:
        """Take note."""
        if report.failed:
            self.names.append(report.nodeid)


class Infection(MetaPathFinder):
    """Finds every module where it lies, but gives the mutant's text for its file.

    Attributes:
        done: whether the file was imported.
    """

    def __init__(self, mutant: Mutant) -> None:
        self.mutant, self.done = mutant, False

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """See `MetaPathFinder.find_spec`."""
        if not name.startswith("streamsim"):
            return None
        found = (f.find_spec(name, path, target) for f in sys.meta_path if f is not self and hasattr(f, "find_spec"))
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.origin and Path(spec.origin).resolve() == self.mutant.path.resolve():
            self.done = True
            spec.loader = Infected(name, spec.origin)
            spec.loader.text = self.mutant.text()
        return spec


class Infected(SourceFileLoader):
    """Loads a text instead of what is in the file."""

    text: str

    def get_code(self, fullname: str) -> CodeType:
        """See `SourceFileLoader.get_code`."""
        return compile(self.text, self.path, "exec")


def attempt(mutant: Mutant) -> Verdict:
    """Return what tests say of *mutant*; to be called in a process of its own."""
    infection, failures = Infection(mutant), Failures()
    sys.meta_path.insert(0, infection)
    status = tested(mutant.tests, failures)
    if not infection.done:
        return Verdict(False, f"no test imported {mutant.file}")
    if status == 0:
        return Verdict(False, "SURVIVED")
    return Verdict(True, failures.names[0]) if failures.names else Verdict(False, f"no test ran (status {status})")


def tested(tests: Sequence[str], failures: Failures) -> int:
    """Return pytest's status for *tests*, without output."""
    import jaxtyping
    import pytest

    jaxtyping.install_import_hook = lambda *_: None  # tests must notice by themselves, and shapes take time
    with contextlib.redirect_stdout(io.StringIO()):
        return int(pytest.main([*OPTIONS, *tests], plugins=[failures]))


def healthy() -> Verdict:
    """Return a verdict on the code as it is: a failing test is no sign of a mutant."""
    failures = Failures()
    status = tested(sorted({test for mutant in MUTANTS for test in mutant.tests}), failures)
    return Verdict(status == 0, failures.names[0] if failures.names else f"status {status}")


def forked(mutant: Mutant | None) -> tuple[int, int]:
    """Start a process for *mutant*, or for the code as it is; return its id and where its verdict comes out."""
    out, into = os.pipe()
    process = os.fork()
    if process:
        os.close(into)
        return process, out
    signal.alarm(SECONDS if mutant else 3 * SECONDS)
    try:
        verdict = healthy() if mutant is None else attempt(mutant)
    except BaseException as error:  # the process must end here, whatever happens
        verdict = Verdict(False, f"fell with {error!r}")
    os.write(into, f"{int(verdict.killed)}{verdict.by}".encode())
    os._exit(0)


def verdicts(mutants: Sequence[Mutant | None]) -> Iterator[tuple[Mutant | None, Verdict]]:
    """Yield every mutant with its verdict, as they come; two processes work at a time."""
    waiting, running = list(mutants), {}
    while waiting or running:
        while waiting and len(running) < JOBS:
            mutant = waiting.pop(0)
            process, out = forked(mutant)
            running[process] = (mutant, out)
        process, _ = os.wait()
        mutant, out = running.pop(process)
        with os.fdopen(out) as said:
            text = said.read()
        yield mutant, Verdict(text[0] == "1", text[1:]) if text else Verdict(False, f"took longer than {SECONDS} s")


def prepared() -> None:
    """Import what every process needs, but nothing of this package."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import hypothesis  # noqa: F401
    import jaxtyping  # noqa: F401
    import pytest  # noqa: F401
    import torch

    torch.set_num_threads(1)
    assert not any(name.startswith("streamsim") for name in sys.modules)


def main(words: Sequence[str]) -> int:
    """Print which test kills which mutant."""
    start = time.monotonic()
    prepared()
    chosen = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    alive = 0
    for mutant, verdict in verdicts([None, *chosen]):
        alive += not verdict.killed
        name = "the code as it is" if mutant is None else mutant.name
        mark = "    " if verdict.killed else "NOT "
        print(f"{time.monotonic() - start:6.1f} s  {mark}{name}: {verdict.by}", flush=True)  # noqa: T201
    print(f"{alive} of {len(chosen)} survived, in {time.monotonic() - start:.0f} s")  # noqa: T201
    return int(alive > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
