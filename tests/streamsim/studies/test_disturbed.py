"""Studies that are killed and continued end in the table of the undisturbed one."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from streamsim import cli
from streamsim.runs import in_use

from ..slow_cells import COMMAND, LINE, SLOW, at_work, pause, start, until


def main(*line):
    return cli.main(line)


@pytest.fixture
def slow(place):
    """A folder in which cells take a second."""
    Path("slow.py").write_text(SLOW)
    pause(0.02)
    return place


def begun(out, *line):
    """Start a command and return it when both of its processes are at work."""
    shutil.rmtree("pids", ignore_errors=True)
    process = start(*line)
    until(lambda: len(at_work()) == 2)
    assert any(in_use(cell) for cell in Path(out).glob("cells/*"))
    return process


def kill_one(times=1):
    """Kill a process that is at work, and others after it; never this one."""
    shutil.rmtree("pids", ignore_errors=True)

    def kill():
        for _ in range(times):
            number = until(at_work)[0]
            os.kill(number, signal.SIGKILL)
            Path("pids", str(number)).unlink()

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def sweep(out, jobs="2"):
    return main("sweep", *LINE, "--out", out, "--jobs", jobs, "--threads", "1", "--no-report")


def test_kill_9_of_any_process_leaves_no_trace_in_the_table(slow, capsys):
    pause(0)
    assert sweep("whole") == 0
    undisturbed = Path("whole/table.csv").read_bytes()
    pause(0.02)
    # of a worker: its cell is continued
    thread = kill_one()
    assert sweep("a") == 0
    thread.join()
    assert Path("a/table.csv").read_bytes() == undisturbed
    # of the driver, while no other is let in: its cells are saved and end
    process = begun("b", "sweep", *LINE, "--out", "b", "--jobs", "2", "--threads", "1")
    capsys.readouterr()
    assert main("resume", "b") == 2
    assert "another process is at work in b" in capsys.readouterr().err
    pause(0.5)
    process.kill()
    process.communicate()
    until(lambda: not any(in_use(cell) for cell in Path("b").glob("cells/*")), 20)
    assert not list(Path("b").glob("cells/*/summary.json"))
    # Ctrl-C
    pause(0.02)
    process = begun("b", "resume", "b", "--jobs", "2")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopped and saved: go on with `streamsim resume b`" in err
    assert not list(Path("b").glob("cells/*/failure.json"))
    assert not any(in_use(cell) for cell in Path("b").glob("cells/*"))
    assert main("resume", "b", "--jobs", "2", "--no-report") == 0
    assert Path("b/table.csv").read_bytes() == undisturbed
    pytest.importorskip("matplotlib")
    for folder in ("whole", "b"):
        assert main("report", folder) == 0
    for name in ("effects.csv", "report.html"):
        assert Path("b", name).read_bytes() == Path("whole", name).read_bytes()


def test_a_cell_that_is_killed_again_is_told_of(slow, capsys):
    thread = kill_one(times=2)
    assert main("sweep", "toy.yaml", "seed=0", *LINE[3:], "--out", "a", "--jobs", "1") == 2
    thread.join()
    assert "was ended by SIGKILL (the machine may have run out of memory)" in capsys.readouterr().err
    pause(0)
    assert main("resume", "a") == 0


def test_modules_in_the_current_folder_are_not_taken_for_others(place):
    for name in ("multiprocessing", "threadpoolctl", "torch"):
        Path(f"{name}.py").write_text("raise SystemExit('imported from the current folder')")
    places = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = f"import sys; sys.path.remove(''); {COMMAND}"
    line = ["sweep", "default", "seed=0", "--ticks", "2", "--probes", "null", "--out", "a", "--streams", "5"]
    done = subprocess.run(
        [sys.executable, "-c", command, *line], env=places, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "imported from" not in done.stderr
