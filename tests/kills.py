"""Runs killed with SIGKILL and resumed end in the hash of the undisturbed run.

Solids, speech, clips, and clips with speech take turns. Every run is killed once, half of them at a random moment and
half in the middle of saving a checkpoint, then resumed.

    python -m tests.kills [--kills N]
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

from .commands import finished, start
from .small_recordings import write_aligned, write_ucf101

TICKS = 120
PROBES = ("--probes.n_train", "40", "--probes.n_test", "20", "--probes.probes", "[LinearProbe]")
SOLIDS = ("--streams", "6", "--environment.train", "50", "--environment.test", "50", "--environment.size", "16")
EAR = ("encoder.channels", "8"), ("encoder.recurrent.units", "8"), ("calibration.ticks", "8")
EYE = ("encoder.width", "0.05"), ("calibration.ticks", "9")


def senses(data: Path) -> dict[str, list[str]]:
    """Return a preset and its settings for every sense, for recordings that are written into *data*."""
    sounds, clips = str(write_aligned(data / "sounds")), str(write_ucf101(data / "clips"))
    hear = ["--environment.corpus.root", sounds, *(part for name, value in EAR for part in (f"--agent.{name}", value))]
    see = ["--environment.root", clips, *(part for name, value in EYE for part in (f"--agent.{name}", value))]
    both = [
        f"--pathways.eye.{part[2:]}" if part.startswith("--") else part
        for part in (*see, "--environment.longest", "12")
    ]
    both += [f"--pathways.ear.{part[2:]}" if part.startswith("--") else part for part in hear]
    return {
        "solids": ["hinge-objects3d", *SOLIDS, "--agent.encoder.channels", "[8, 16]"],
        "speech": ["clapp-librispeech-eprop-small", "--streams", "4", *hear, *PROBES],
        "clips": ["clapp-ucf101-small", "--streams", "4", "--environment.longest", "12", *see, *PROBES],
        "eye and ear": ["eye-and-ear", "--streams", "2", *both, *PROBES],
    }


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


def run(folder: Path, line: list[str]) -> subprocess.Popen[bytes]:
    """Start a run in *folder*."""
    often = ("--ticks", str(TICKS), "--checkpoint_every", "5", "--probe_every", "60", "--no-report")
    return start("run", *line, *often, "--out", str(folder))


def killed(folder: Path, line: list[str], saving: bool) -> str:
    """Start a run, kill it before its end, and say when that was."""
    shutil.rmtree(folder, ignore_errors=True)
    process = run(folder, line)
    checkpoints = folder / "checkpoints"
    late = random.randrange(TICKS * 9 // 10)
    until(lambda: late <= max((int(path.name) for path in checkpoints.glob("[0-9]*")), default=-1), process)
    time.sleep(random.uniform(0, 0.1))
    if saving:
        until(lambda: any(checkpoints.glob(".*.draft")), process)
    process.kill()
    process.communicate()
    if (folder / "summary.json").exists():  # it was faster
        return killed(folder, line, saving)
    whole = max((path.name for path in checkpoints.glob("[0-9]*")), default="no checkpoint")
    half = max((path.name for path in checkpoints.glob(".*.draft")), default="")
    return f"after {whole}, {'while writing ' + half if half else 'while learning'}"


def main(kills: int) -> int:
    """Kill and resume, print every hash, and return 1 if one differs."""
    with tempfile.TemporaryDirectory() as place:
        lived = senses(Path(place) / "data")
        for sense, line in lived.items():
            finished(run(Path(place) / sense, line))
            print(f"{sense:12} {digest(Path(place) / sense)}  undisturbed", flush=True)
        equal = 0
        for n in range(kills):
            sense = list(lived)[n % len(lived)]
            whole, folder = Path(place) / sense, Path(place) / str(n)
            when = killed(folder, lived[sense], saving=n // len(lived) % 2 == 1)
            finished(start("resume", str(folder), "--no-report"))
            same = digest(folder) == digest(whole) and lines(folder) == lines(whole)
            equal += same
            print(f"{sense:12} {digest(folder)}  {'same' if same else 'DIFFERS'}  ({when})", flush=True)
            shutil.rmtree(folder)
        print(f"{equal} of {kills} equal the undisturbed run, in all state and in every line written")
    return int(equal < kills)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    sys.exit(main(parser.parse_args().kills))
