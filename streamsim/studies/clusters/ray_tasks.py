"""Cells on a Ray cluster, each as a task."""

import math
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from streamsim.contracts import one_line, require
from streamsim.runs import Interruption
from streamsim.studies.launchers import Launcher, News, Processes

from .beginnings import Beginnings
from .errand import Errand
from .ray_cluster import installed, joined, require_cluster

BEAT = 0.5  # seconds


@dataclass(frozen=True)
class Ray(Launcher):
    """Runs cells on a Ray cluster, each as a task, on whichever machine has room for it.

    All machines must see the folder of the study, and the one in which the command is given, under the same path. A
    task that is lost, with its machine or without, is started again and goes on from the cell's last checkpoint.

    Args:
        address: of the cluster, HOST:PORT; auto for the one that this machine belongs to, local to start one here.
        gpus: for each cell, a fraction of one or whole ones.
        retries: how often a cell is started again whose machine or process was lost, -1 for ever.
        jobs: how many cells run at once at most, None for as many as there is room for.
        threads: CPUs for each cell, and threads that it computes with.
        trust: whether cells may import whatever they name.
    """

    address: str = "auto"
    gpus: float = 0.0
    retries: int = 3
    jobs: int | None = None
    threads: int = 1
    trust: bool = False

    def __post_init__(self) -> None:
        require(bool(self.address), "Ray.address is empty: give HOST:PORT, or auto")
        part = 0 <= self.gpus <= 1 or (self.gpus < 1024 and self.gpus == int(self.gpus))
        require(part, f"Ray.gpus must be a fraction from 0 to 1 or a whole number (got {self.gpus}): give another one")
        require(self.retries >= -1, f"Ray.retries must be 0 or more, or -1 for ever (got {self.retries}): give another")
        known = self.jobs is None or self.jobs >= 1
        require(known, f"jobs must be 1 or more (got {self.jobs}): leave it out to use all that is free")
        require(self.threads >= 1, f"threads must be 1 or more (got {self.threads}): give --threads 1 or more")
        installed()

    def ready(self) -> None:
        """See `Launcher.ready`."""
        require_cluster(self.address)

    def launch(self, cells: Sequence[Path], stopped: Callable[[], bool]) -> Iterator[News]:
        """See `Launcher.launch`."""
        with joined(self.address) as ray:
            warn_of_size(ray, self)
            tasks = Tasks(ray, self, deque(cells))
            try:
                while tasks.busy(stopped()):
                    tasks.submit(stopped())
                    if stopped():
                        tasks.stop()
                    ended = tasks.wait()
                    yield News(tasks.beginnings.seen(), ended)
            finally:
                tasks.stop()


@dataclass
class Tasks:
    """The tasks of cells that have not ended, and the cells that have none yet.

    Args:
        ray: the module, connected to a cluster.
        kind: how they are run.
        waiting: cells.
    """

    ray: Any
    kind: Ray
    waiting: deque[Path]
    running: dict[Any, Path] = field(default_factory=dict)
    beginnings: Beginnings = field(default_factory=Beginnings)
    stopping: bool = False

    def busy(self, stopped: bool) -> bool:
        """Tell whether there is anything to wait for."""
        return bool(self.running or (self.waiting and not stopped))

    def submit(self, stopped: bool) -> None:
        """Hand as many cells to Ray as may run at once; it finds a machine for each."""
        kind = self.kind
        task = self.ray.remote(compute).options(
            num_cpus=kind.threads, num_gpus=kind.gpus, max_retries=kind.retries, name="streamsim"
        )
        while self.waiting and len(self.running) < (kind.jobs or math.inf) and not stopped:
            folder = self.waiting.popleft()
            self.beginnings.expect(folder)
            self.running[task.remote(Errand(folder, kind.threads, kind.trust))] = folder

    def wait(self) -> dict[Path, str]:
        """Wait a moment for tasks to end; return how their cells ended."""
        if not self.running:
            return {}
        ready, _ = self.ray.wait(list(self.running), num_returns=len(self.running), timeout=BEAT)
        return {self.running.pop(one): self._outcome(one) for one in ready}

    def stop(self) -> None:
        """Ask all to save and to end; once, because a second time would interrupt the saving."""
        if self.stopping:
            return
        self.stopping = True
        for one in self.running:
            with suppress(Exception):  # a cluster that is gone has stopped them
                self.ray.cancel(one)

    def _outcome(self, one: Any) -> str:  # noqa: ANN401  a reference
        """Return how a task ended, nothing if its cell has said it."""
        errors = self.ray.exceptions
        try:
            return str(self.ray.get(one))
        except errors.TaskCancelledError:
            return "its task was cancelled"
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError) as error:
            lost = f"its process or machine was lost more often than {self.kind.retries} times"
            return f"{lost} ({type(error).__name__}): give Ray more retries"
        except errors.RayError as error:
            return f"Ray could not run it: {last_line(error)}"


def compute(errand: Errand) -> str:
    """Compute a cell as this machine computes those of its own studies; return how it ended if it could not say so.

    This is a task. The cell is in a process beside it, which saves and ends when Ray ends this one, for whatever
    reason: Ray would not wait. To cancel a task is a Ctrl-C to it.
    """
    if unseen := errand.settle():
        return unseen
    ended: dict[Path, str] = {}
    here = Processes(1, errand.threads, errand.trust)
    with Interruption() as interruption, without_main():
        for news in here.launch([errand.folder], lambda: interruption.signal is not None):
            ended |= news.ended
    return ended.get(errand.folder, "")


@contextmanager
def without_main() -> Iterator[None]:
    """Keep processes that are started now from running this program's main file again, which is Ray's."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def warn_of_size(ray: Any, kind: Ray) -> None:  # noqa: ANN401
    """Warn if no machine of the cluster has what a cell asks for; one that has it may still join."""
    machines = [one["Resources"] for one in ray.nodes() if one["Alive"]]
    if not any(one.get("CPU", 0) >= kind.threads and one.get("GPU", 0) >= kind.gpus for one in machines):
        found = ", ".join(f"{one.get('CPU', 0):g} CPUs and {one.get('GPU', 0):g} GPUs" for one in machines[:4])
        warnings.warn(
            f"no machine of the Ray cluster has the {kind.threads} CPUs and {kind.gpus:g} GPUs that each cell asks for "
            f"(they have {found or 'none'}): cells wait until one joins",
            stacklevel=2,
        )


def last_line(error: BaseException) -> str:
    """Return the last line of what *error* says, which is its cause."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return one_line(lines[-1]) if lines else type(error).__name__
