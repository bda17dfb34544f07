"""`torchrun -m streamsim run`: several processes, one run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from safetensors.torch import load_file

from streamsim.cli import main

SMALL = (
    *("hinge-objects3d", "--environment.size", "8", "--environment.test", "20", "--environment.train", "20"),
    *("--agent.encoder.channels", "[4, 4]", "--streams", "4", "--probes", "null", "--checkpoint_every", "10"),
)
AGES = "1000000"


def free_port():
    """Return a port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Two:
    """Two processes as torchrun starts them, without torchrun, so that one of them alone can be killed.

    Args:
        folder: where they are started.
        line: their command line.
    """

    def __init__(self, folder, *line):
        common = {
            "WORLD_SIZE": "2",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(free_port()),
            "OMP_NUM_THREADS": "1",
        }
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", "streamsim", *line],
                cwd=folder,
                env=os.environ | common | {"RANK": str(rank)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for rank in range(2)
        ]

    def once_saved(self, folder, after=-1):
        """Wait for a checkpoint later than that of tick *after*."""
        until = time.monotonic() + 120
        while latest(folder) <= after:
            assert time.monotonic() < until and self.processes[0].poll() is None, self.ended()
            time.sleep(0.05)

    def ended(self):
        """Return the exit status of both, and what each said."""
        said = [process.communicate(timeout=120) for process in self.processes]
        return [p.returncode for p in self.processes], said


def latest(folder):
    """Return the tick of the latest checkpoint, -1 if there is none."""
    return max((int(path.name) for path in folder.glob("checkpoints/[0-9]*[0-9]")), default=-1)


def learnt(folder):
    """Return the weights in the latest checkpoint, by name."""
    state = load_file(folder / "checkpoints" / f"{latest(folder):09d}" / "state.safetensors")
    return {name: x for name, x in state.items() if "/agent/layers/" in name or "/agent/rule/" in name}


def digest_of(folder):
    """Return the digest of all state in which a run ended."""
    return json.loads((folder / "summary.json").read_text())["digest"]


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory):
    """Return a run of two processes that was stopped by a signal to one of them, then lost one, and its folder."""
    place = tmp_path_factory.mktemp("disturbed")
    run = place / "a"
    stopped = Two(place, "run", *SMALL, "--ticks", AGES, "--out", "a")
    stopped.once_saved(run)
    stopped.processes[1].send_signal(signal.SIGTERM)
    before, tick = stopped.ended(), latest(run)
    widowed = Two(place, "resume", "a")
    widowed.once_saved(run, tick)
    widowed.processes[1].kill()
    return run, before, widowed.ended(), tick


def test_a_signal_to_one_stops_all_and_they_save(disturbed):
    _, (codes, said), _, tick = disturbed
    assert codes == [143, 143]
    assert said[0][1].splitlines()[-1] == "streamsim: stopped by SIGTERM and saved: continue with `streamsim resume a`"
    assert said[1] == ("", "")
    assert tick > 0


def test_when_one_dies_the_first_says_so_in_a_sentence(disturbed):
    _, _, (codes, said), _ = disturbed
    assert codes == [2, -signal.SIGKILL]
    assert said[0][1].splitlines()[-1] == (
        "streamsim: another process of this run has ended before its time, or can no longer be reached; what was saved "
        "before is intact: continue with `streamsim resume a`, under torchrun or not"
    )
    assert "Traceback" not in said[0][1]


def test_it_goes_on_to_what_an_undisturbed_team_and_one_process_come_to(disturbed, tmp_path, monkeypatch):
    run = disturbed[0]
    ticks = str(latest(run) + 15)
    assert Two(run.parent, "resume", "a", "--ticks", ticks, "--no-report").ended()[0] == [0, 0]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "streamsim", "run"]
    undisturbed = [*torchrun, *SMALL, "--ticks", ticks, "--out", "b", "--no-report"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        undisturbed, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert (done.returncode, done.stdout) == (0, "run: b\n"), done.stderr
    assert digest_of(tmp_path / "b") == digest_of(run)
    monkeypatch.chdir(tmp_path)
    assert main(["run", *SMALL, "--ticks", ticks, "--out", "c", "--no-report"]) == 0
    one, team = learnt(tmp_path / "c"), learnt(run)
    assert one.keys() == team.keys()
    assert max(float((one[name] - team[name]).abs().max()) for name in one) < 1e-4


def test_a_team_runs_no_study(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["sweep", "hinge-objects3d", "seed=0,1", "--out", "nowhere"]) == 2
    assert "leave torchrun out" in capsys.readouterr().err


def test_a_variable_that_torchrun_would_have_set_is_told(monkeypatch, capsys, tmp_path):
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["run", "hinge-objects3d", "--ticks", "3"]) == 2
    assert "the environment variable WORLD_SIZE is 2, but torchrun has not started this" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
