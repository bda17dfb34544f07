"""A SLURM of one machine that starts every job at once, for tests: the commands that submitit and streamsim call.

`install(folder)` puts them into a folder, which is to come first on the PATH. Jobs are known by files in `folder/jobs`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

COMMANDS = ("sbatch", "srun", "squeue", "scancel", "sacct", "scontrol")


def install(folder: Path) -> None:
    """Make the commands in *folder*."""
    (folder / "jobs").mkdir(parents=True)
    for name in COMMANDS:
        file = folder / name
        line = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import small_slurm as s"
        file.write_text(f"#!{sys.executable}\n{line}\nsys.exit(s.main({name!r}, sys.argv[1:], {str(folder)!r}))\n")
        file.chmod(0o755)


def main(name: str, line: Sequence[str], folder: str) -> int:
    """Do what the command *name* does."""
    {"sbatch": sbatch, "srun": srun, "squeue": squeue, "scancel": scancel, "sacct": sacct, "scontrol": scontrol}[name](
        list(line), Path(folder) / "jobs"
    )
    return 0


def known(jobs: Path) -> dict[str, dict[str, object]]:
    """Return all jobs by their ids."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(jobs.glob("*.json"))}


def change(jobs: Path, job: str, **facts: object) -> None:
    """Write down what has become of a job."""
    file, draft = jobs / f"{job}.json", jobs / f"{job}.{os.getpid()}"
    before = json.loads(file.read_text()) if file.exists() else {}
    draft.write_text(json.dumps({**before, **facts}))
    draft.replace(file)


def sbatch(line: list[str], jobs: Path) -> None:
    """Submit a script, perhaps as an array."""
    text = Path(line[0]).read_text()
    options = dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", text, re.MULTILINE))
    (jobs / "scripts").write_text(text)
    number = 100 * (1 + len({job.partition("_")[0] for job in known(jobs)}))
    last = re.match(r"0-(\d+)", options.get("array", ""))
    for task in range(int(last[1]) + 1) if last else [None]:
        job = str(number) if task is None else f"{number}_{task}"
        change(jobs, job, name=options["job-name"], state="PENDING", requeue=False, starts=0)
        command = "import sys; sys.path.insert(0, sys.argv[1]); import small_slurm as s; s.serve(*sys.argv[2:])"
        subprocess.Popen(
            [sys.executable, "-c", command, str(Path(__file__).parent), job, line[0], str(jobs)],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    sys.stdout.write(f"Submitted batch job {number}\n")


def serve(job: str, script: str, place: str) -> None:
    """Run a job, and again whenever it is requeued."""
    jobs = Path(place)
    array, _, task = job.partition("_")
    names = {"SLURM_JOB_ID": array + task, "SLURM_PROCID": "0", "SLURM_NTASKS": "1", "SMALL_SLURM_JOB": job}
    names |= {"SLURM_ARRAY_JOB_ID": array, "SLURM_ARRAY_TASK_ID": task} if task else {}
    while True:
        facts = known(jobs)[job]
        if facts["state"] == "CANCELLED":
            return
        change(jobs, job, state="RUNNING", requeue=False, starts=int(str(facts["starts"])) + 1)
        code = subprocess.run(["bash", script], env={**os.environ, **names}, check=False).returncode
        facts = known(jobs)[job]
        if not facts["requeue"]:
            break
        change(jobs, job, state="PENDING")
    if facts["state"] != "CANCELLED":
        change(jobs, job, state="COMPLETED" if code == 0 else "FAILED")


def srun(line: list[str], jobs: Path) -> None:
    """Run the step of a job, in the place of this process, so that signals reach it."""
    job = os.environ["SMALL_SLURM_JOB"]
    array, _, task = job.partition("_")
    while line and line[0].startswith("--"):
        option = line.pop(0)
        if option in ("--output", "--error"):
            path = re.sub("%A", array, line.pop(0).replace("%j", job).replace("%a", task).replace("%t", "0"))
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(descriptor, 1 if option == "--output" else 2)
    change(jobs, job, step=os.getpid())
    os.execvp(line[0], line)


def squeue(line: list[str], jobs: Path) -> None:
    """List jobs with a name."""
    name = next(word.partition("=")[2] for word in line if word.startswith("--name="))
    alive = [job for job, facts in known(jobs).items() if facts["name"] == name and living(facts)]
    sys.stdout.write("".join(f"{job}\n" for job in alive))


def living(facts: dict[str, object]) -> bool:
    """Tell whether a job waits or runs; one that was cancelled runs until its step has ended."""
    if facts["state"] == "CANCELLED" and "step" in facts:
        with suppress(ProcessLookupError):
            os.kill(int(str(facts["step"])), 0)
            return True
    return facts["state"] in ("PENDING", "RUNNING")


def scancel(line: list[str], jobs: Path) -> None:
    """Send a signal to a job, or SIGTERM to all that have a name, or that are given, for good."""
    names = {word.partition("=")[2] for word in line if word.startswith("--name=")}
    wanted = [job for job, facts in known(jobs).items() if facts["name"] in names or job in line]
    for job in wanted:
        if "--signal" in line:
            deliver(jobs, job, signal.Signals[f"SIG{line[line.index('--signal') + 1].removeprefix('SIG')}"])
        elif known(jobs)[job]["state"] in ("PENDING", "RUNNING"):
            change(jobs, job, state="CANCELLED")
            deliver(jobs, job, signal.SIGTERM)


def deliver(jobs: Path, job: str, number: signal.Signals) -> None:
    """Send a signal to the step of a job, if it runs."""
    with suppress(ProcessLookupError, KeyError):
        os.kill(int(str(known(jobs)[job]["step"])), number)


def sacct(line: list[str], jobs: Path) -> None:
    """Tell the states of jobs."""
    rows = [f"{job}|{facts['state']}|here\n" for job, facts in known(jobs).items() if job.partition("_")[0] in line]
    sys.stdout.write("JobID|State|NodeList\n" + "".join(rows))


def scontrol(line: list[str], jobs: Path) -> None:
    """Queue a job again."""
    change(jobs, line[1], requeue=True)


def wait_for(jobs: Path, job: str, starts: int, seconds: float = 60) -> None:
    """Wait until a job has been started so often."""
    until = time.monotonic() + seconds
    while int(str(known(jobs)[job]["starts"])) < starts and time.monotonic() < until:
        time.sleep(0.05)
