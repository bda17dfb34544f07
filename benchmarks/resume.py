"""Bar B5: runs killed with SIGKILL and resumed end in the hash of the undisturbed run.

Every run is killed once, half of them at a random moment and half in the middle of saving a checkpoint, then resumed.

    python benchmarks/resume.py [--kills N]
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TICKS = 300
SETTINGS = (
    *("--ticks", str(TICKS), "--streams", "6", "--checkpoint_every", "5", "--probe_every", "60"),
    *("--environment.train", "50", "--environment.test", "50", "--environment.size", "16"),
    *("--agent.encoder.channels", "[8, 16]", "--no-report"),
)
COMMAND = (sys.executable, "-c", "import sys; from streamsim.cli import main; sys.exit(main())")


def start(*line: str) -> subprocess.Popen[bytes]:
    """Start the command."""
    return subprocess.Popen([*COMMAND, *line], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finished(process: subprocess.Popen[bytes]) -> None:
    """Wait until the command has ended well."""
    _, err = process.communicate()
    if process.returncode:
        sys.exit(f"the command failed:\n{err.decode()}")


def digest(folder: Path) -> str:
    """Return the hash of all state at the end of a run."""
    return str(json.loads((folder / "summary.json").read_text())["digest"])


def lines(folder: Path) -> list[dict[str, object]]:
    """Return everything a run wrote down, without what depends on the machine's speed."""
    found = [json.loads(text) for path in sorted(folder.glob("*.jsonl")) for text in path.read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "wall"} for row in found]


def until(seen: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for something to happen, or for the run to end."""
    while process.poll() is None and not seen():
        time.sleep(0.0005)


def killed(folder: Path, saving: bool) -> str:
    """Start a run, kill it before its end, and say when that was."""
    shutil.rmtree(folder, ignore_errors=True)
    process = start("run", "hinge-objects3d", *SETTINGS, "--out", str(folder))
    checkpoints = folder / "checkpoints"
    late = random.randrange(TICKS * 9 // 10)
    until(lambda: late <= max((int(path.name) for path in checkpoints.glob("[0-9]*")), default=-1), process)
    time.sleep(random.uniform(0, 0.1))
    if saving:
        until(lambda: any(checkpoints.glob(".*.draft")), process)
    process.kill()
    process.communicate()
    if (folder / "summary.json").exists():  # it was faster
        return killed(folder, saving)
    whole = max((path.name for path in checkpoints.glob("[0-9]*")), default="no checkpoint")
    half = max((path.name for path in checkpoints.glob(".*.draft")), default="")
    return f"after {whole}, {'while writing ' + half if half else 'while learning'}"


def main(kills: int) -> int:
    """Kill and resume, print every hash, and return 1 if one differs."""
    with tempfile.TemporaryDirectory() as place:
        whole = Path(place) / "whole"
        finished(start("run", "hinge-objects3d", *SETTINGS, "--out", str(whole)))
        print(f"undisturbed  {digest(whole)}", flush=True)
        equal = 0
        for n in range(kills):
            folder = Path(place) / str(n)
            when = killed(folder, saving=n % 2 == 1)
            finished(start("resume", str(folder), "--no-report"))
            same = digest(folder) == digest(whole) and lines(folder) == lines(whole)
            equal += same
            print(f"kill {n + 1:2d}      {digest(folder)}  {'same' if same else 'DIFFERS'}  ({when})", flush=True)
        print(f"{equal} of {kills} equal the undisturbed run, in all state and in every line written")
    return int(equal < kills)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    sys.exit(main(parser.parse_args().kills))
