"""Studies as jobs of SLURM, of which there is a small one in this folder: jobs are preempted, commands are killed."""

import os
import subprocess
from pathlib import Path

import pytest

from streamsim import cli
from streamsim.runs import in_use
from streamsim.studies.clusters import slurm_jobs

from ....small_slurm import install, known
from ...slow_cells import LINE, pause, start, until

pytest.importorskip("submitit")


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """The jobs of a SLURM of its own, by what is known of them."""
    install(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{tmp_path / 'slurm'}{os.pathsep}{os.environ['PATH']}")
    return lambda: known(tmp_path / "slurm" / "jobs")


def test_a_job_that_is_preempted_and_a_command_that_is_killed_leave_no_trace(slow, jobs, both_at_work):
    undisturbed = Path("whole/table.csv").read_bytes()
    line = ("agent.rate=0.01", "seed=0,1", *LINE[3:])
    process = start("sweep", "toy.yaml", *line, "--out", "a", "--threads", "1", "--on", "Slurm: {minutes: 70}")
    both_at_work()
    script = Path("slurm/jobs/scripts").read_text()
    for option in ("time=70", "cpus-per-task=1", "array=0-1%2", "requeue", "signal=USR2@90"):
        assert f"#SBATCH --{option}\n" in script
    # a job is preempted: it saves, is queued again, and goes on
    first = next(iter(jobs()))
    for number in ("SIGTERM", "SIGUSR2"):
        subprocess.run(["scancel", first, "--signal", number], check=True)
    until(lambda: jobs()[first]["starts"] == 2, 600)
    until(lambda: sum(in_use(cell) for cell in Path("a").glob("cells/*")) == 2, 600)
    # the command is killed: jobs go on, until the next one comes
    process.kill()
    process.communicate()
    assert any(facts["state"] == "RUNNING" for facts in jobs().values())
    pause(0.1)
    assert cli.main(("resume", "a", "--on", "slurm")) == 0
    assert {facts["state"] for job, facts in jobs().items() if job < "200"} == {"CANCELLED"}
    until(lambda: {facts["state"] for job, facts in jobs().items() if job > "200"} == {"COMPLETED"})
    rows = undisturbed.decode().splitlines()
    assert Path("a/table.csv").read_text().splitlines() == [row for row in rows if ",0.02," not in row]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda patch: patch.setattr(slurm_jobs.importlib.util, "find_spec", lambda name: None),
            "submitit is not inst",
        ),
        (lambda patch: patch.setenv("PATH", "/nowhere"), "SLURM is not on this machine (there is no sbatch): give the"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_made(place, jobs, capsys, monkeypatch, spoil, sentence):
    spoil(monkeypatch)
    assert cli.main(("sweep", "toy.yaml", "seed=0", "--out", "a", "--on", "slurm")) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.splitlines()) == 1
    assert not Path("a").exists()


def test_what_slurm_refuses_is_told_in_its_words(place, jobs, capsys):
    refuses = "#!/bin/sh\necho 'sbatch: error: invalid partition specified: gpu' >&2\nexit 1\n"
    Path("slurm/sbatch").write_text(refuses)
    line = ("sweep", "toy.yaml", "seed=0", "--ticks", "3", "--probes", "null", "--out", "a", "--on")
    assert cli.main((*line, "Slurm: {partition: gpu}")) == 2
    said = capsys.readouterr().err
    assert "SLURM takes no jobs for these settings (" in said
    assert "invalid partition specified: gpu): change those of --on" in said
    assert len(said.splitlines()) == 2
