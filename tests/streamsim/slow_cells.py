"""Cells that leave time to be killed, and say whom, for tests of studies that are disturbed."""

import os
import subprocess
import sys
import time
from pathlib import Path

from . import toys

TOYS = Path(toys.__file__).parent
SLOW = '''
import os, time
from pathlib import Path
from streamsim import Instrument


class Slow(Instrument):
    """Leaves time to kill a run, and says whom."""

    def watch(self, record):
        Path("pids").mkdir(exist_ok=True)
        Path("pids", str(os.getpid())).write_text(str(record.glimpse.tick))
        own = Path(f"pause-{os.getpid()}")
        time.sleep(float((own if own.exists() else Path("pause")).read_text()))
'''
LINE = ("toy.yaml", "agent.rate=0.01,0.02", "seed=0,1", "--instruments", "[slow.Slow]", "--checkpoint_every", "5")
COMMAND = "import sys; from streamsim.cli import main; sys.exit(main(sys.argv[1:]))"


def pause(seconds, *processes):
    """Let every tick last so much longer from now on, or every tick of these *processes*."""
    for name in [f"pause-{process}" for process in processes] or ["pause"]:
        Path(f"{name}.new").write_text(str(seconds))
        Path(f"{name}.new").replace(name)  # whoever reads it finds the old or the new


def start(*line):
    """Start the command in a process of its own."""
    paths = filter(None, (str(TOYS), str(Path.cwd()), os.environ.get("PYTHONPATH")))
    places = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *line], env=places, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def until(seen, seconds=60):
    """Wait for something to happen, and return it."""
    stop = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < stop, "it did not happen"
        time.sleep(0.01)
    return found


def at_work(tick=12):
    """The processes that are past a tick of their cell."""
    found = {file.name: file.read_text() for file in Path("pids").glob("*")}
    return [int(name) for name, text in found.items() if text.isdigit() and int(text) >= tick]  # empty while written
