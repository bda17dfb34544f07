"""Cells as jobs of a SLURM cluster, submitted as arrays through submitit."""

import importlib
import importlib.util
import io
import itertools
import logging
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from streamsim.contracts import one_line, require
from streamsim.storage import Directory
from streamsim.studies.launchers import Launcher, LaunchError, News

from .beginnings import Beginnings
from .errand import Errand
from .slurm_cell import CellJob
from .slurm_queue import cancel, clear, name_for, queued

BEAT = 0.8  # seconds

ARRAY = 1000
"""Most jobs in an array: as SLURM is set up unless someone has changed it."""


@dataclass(frozen=True)
class Slurm(Launcher):
    """Runs cells on a SLURM cluster, each as a job of an array.

    All machines must see the folder of the study, and the one in which the command is given, under the same path. A job
    that is preempted, or whose time is up, saves its cell and is queued again. Jobs go on if the command that submitted
    them is killed; the next one for the same study ends them first.

    Args:
        partition: where to queue; None for the cluster's own choice.
        account: who pays; None for the user's own.
        qos: quality of service; None for the cluster's own choice.
        minutes: longest time of a job. A cell that takes longer goes on in another.
        memory_gb: for each cell; None for the cluster's own choice.
        gpus: for each cell.
        requeues: how often a cell may run out of time.
        setup: shell commands that precede each job, such as `module load cuda`.
        more: further options of sbatch by their long names.
        cluster: slurm; or local, with which submitit tries it all out on this machine.
        jobs: how many cells run at once at most, None for as many as there is room for.
        threads: CPUs for each cell, and threads that it computes with.
        trust: whether cells may import whatever they name.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    minutes: int = 24 * 60
    memory_gb: float | None = None
    gpus: int = 0
    requeues: int = 100
    setup: list[str] = field(default_factory=list)
    more: dict[str, str | int | bool] = field(default_factory=dict)
    cluster: Literal["slurm", "local"] = "slurm"
    jobs: int | None = None
    threads: int = 1
    trust: bool = False

    def __post_init__(self) -> None:
        for name, least in (("minutes", 1), ("gpus", 0), ("requeues", 0), ("threads", 1)):
            value = getattr(self, name)
            require(value >= least, f"Slurm.{name} must be at least {least} (got {value}): give {least} or more")
        right = self.memory_gb is None or self.memory_gb > 0
        require(right, f"Slurm.memory_gb must be above 0 (got {self.memory_gb}): give more, or leave it out")
        known = self.jobs is None or self.jobs >= 1
        require(known, f"jobs must be 1 or more (got {self.jobs}): leave it out to use all that is free")
        if importlib.util.find_spec("submitit") is None:
            raise LaunchError("submitit is not installed, through which SLURM is used: pip install 'streamsim[slurm]'")
        absent = [tool for tool in ("sbatch", "srun", "squeue", "scancel", "sacct") if shutil.which(tool) is None]
        if absent and self.cluster == "slurm":
            raise LaunchError(
                f"SLURM is not on this machine (there is no {absent[0]}): give the command where jobs are "
                "submitted, or leave --on out"
            )

    def launch(self, cells: Sequence[Path], stopped: Callable[[], bool]) -> Iterator[News]:
        """See `Launcher.launch`."""
        study = cells[0].absolute().parents[1]
        name = name_for(study)
        if self.cluster == "slurm":
            clear(name)
        if stopped():
            return
        jobs = Jobs(self.submitted(cells, study, name), name if self.cluster == "slurm" else None)
        try:
            while jobs.running:
                if stopped():
                    jobs.stop()
                ended = jobs.wait()
                yield News(jobs.beginnings.seen(), ended)
        finally:
            jobs.stop()

    def submitted(self, cells: Sequence[Path], study: Path, name: str) -> dict[Any, Path]:
        """Submit a job for each cell and return them.

        What submitit keeps of them lies in a new folder: it is pickled, and nothing pickled that was there before may
        be read.
        """
        folder = Directory(study).inside("jobs").make().inside(secrets.token_hex(6)).make()
        submitit: Any = importlib.import_module("submitit")
        logging.getLogger("submitit").setLevel(logging.CRITICAL)
        executor = submitit.AutoExecutor(folder.path, cluster=self.cluster, slurm_max_num_timeout=self.requeues)
        arrays = [cells[at : at + ARRAY] for at in range(0, len(cells), ARRAY)]
        try:
            executor.update_parameters(**self._parameters(name, len(arrays)))
            with redirect_stderr(io.StringIO()):  # to which submitit copies what is in its errors as well
                made = [executor.submit_array([self._job(cell) for cell in array]) for array in arrays]
        except (submitit.core.utils.FailedJobError, ValueError, OSError) as error:
            if self.cluster == "slurm":
                cancel(name)  # arrays that it has taken
            raise LaunchError(
                f"SLURM takes no jobs for these settings ({one_line(str(error))}): change those of --on"
            ) from None
        return dict(zip(itertools.chain.from_iterable(made), cells, strict=True))

    def _job(self, cell: Path) -> CellJob:
        return CellJob(Errand(cell, self.threads, self.trust))

    def _parameters(self, name: str, arrays: int) -> dict[str, Any]:
        """Return what submitit is told; its own words are those without slurm_ before them."""
        wanted = {
            "name": name,
            "timeout_min": self.minutes,
            "cpus_per_task": self.threads,
            "gpus_per_node": self.gpus or None,
            "mem_gb": self.memory_gb,
            "slurm_partition": self.partition,
            "slurm_account": self.account,
            "slurm_qos": self.qos,
            "slurm_array_parallelism": max(1, self.jobs // arrays) if self.jobs else ARRAY,
            "slurm_setup": ["export PYTHONSAFEPATH=1", *self.setup],  # the folder may be a stranger's
            "slurm_additional_parameters": {"requeue": True, **self.more},
        }
        return {name: value for name, value in wanted.items() if value is not None}


@dataclass
class Jobs:
    """The jobs of cells that have not ended.

    Args:
        running: the folders of their cells.
        name: of all of them in the queue of SLURM, None if they are not there.
    """

    running: dict[Any, Path]
    name: str | None = None
    beginnings: Beginnings = field(default_factory=Beginnings)
    stopping: bool = False

    def __post_init__(self) -> None:
        for folder in self.running.values():
            self.beginnings.expect(folder)

    def wait(self) -> dict[Path, str]:
        """Wait a moment for jobs to end; return how their cells ended.

        submitit asks SLURM every ten minutes for jobs that leave no result: too seldom for those that are stopped.
        """
        time.sleep(BEAT)
        if self.stopping and self.name is not None:
            over = [] if queued(self.name) else list(self.running)
            return {self.running.pop(job): "" for job in over}
        over = [job for job in self.running if job.done()]
        return {self.running.pop(job): outcome(job) for job in over}

    def stop(self) -> None:
        """Ask all to save and to end, once."""
        if self.stopping or not self.running:
            return
        self.stopping = True
        if self.name is not None:
            cancel(self.name)
            return
        for job in self.running:
            job.cancel(check=False)


def outcome(job: Any) -> str:  # noqa: ANN401  a job of submitit
    """Return how a job ended, nothing if its cell has said it."""
    error = job.exception()
    if error is None:
        return str(job.result())
    return f"its job {job.job_id} ended without a result (state {job.state}): see {job.paths.stderr}"
