"""How long a study takes beside the same runs, one after the other, each of which may use all cores.

    python benchmarks/studies.py [--cells N] [--ticks N] [--streams N]

Both are real commands with the small net on turning objects; runs are not probed and write no page. The digests of the
study's cells are compared with those of one run by itself with as many threads.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = (sys.executable, "-m", "streamsim")


def seconds(folder: Path, *line: str, threads: int | None = None) -> float:
    """Return how long a command takes that is given in *folder*."""
    places = {**os.environ} | ({"OMP_NUM_THREADS": str(threads)} if threads else {})
    began = time.perf_counter()
    subprocess.run([*COMMAND, *line], cwd=folder, env=places, check=True, capture_output=True)
    return time.perf_counter() - began


def digest(run: Path) -> str:
    """Return the digest of all state at the end of a run."""
    found: str = json.loads((run / "summary.json").read_text())["digest"]
    return found


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=16)
    parser.add_argument("--ticks", type=int, default=300)
    parser.add_argument("--streams", type=int, default=8)
    given = parser.parse_args()
    what = ("--streams", str(given.streams), "--ticks", str(given.ticks), "--probes", "null", "--no-report")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds = ",".join(map(str, range(given.cells)))
        study = seconds(folder, "sweep", "hinge-objects3d", f"seed={seeds}", *what, "--threads", "1", "--out", "study")
        runs = sum(
            seconds(folder, "run", "hinge-objects3d", "--seed", str(seed), *what, "--out", f"run-{seed}")
            for seed in range(given.cells)
        )
        seconds(folder, "run", "hinge-objects3d", "--seed", "0", *what, "--out", "alone", threads=1)
        cells = {digest(cell) for cell in folder.glob("study/cells/*")}
        assert len(cells) == given.cells and digest(folder / "alone") in cells
    print(f"{given.cells} cells {study:.0f} s, {given.cells} runs {runs:.0f} s: {study / runs:.2f}")


if __name__ == "__main__":
    main()
