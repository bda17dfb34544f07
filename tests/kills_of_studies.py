"""Studies on a Ray cluster whose driver, workers and nodes are killed with SIGKILL end in the table of the undisturbed.

Each study loses something at a random moment: its command (which `resume` then continues), the process of a cell, the
worker of Ray that watches over it, or a node with all that is on it (another one joins).

    python -m tests.kills_of_studies [--kills N]

N is how often each of the four is killed.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from .commands import finished, start

SETTINGS = (
    *("--ticks", "150", "--checkpoint_every", "10", "--streams", "6", "--environment.size", "16"),
    *("--environment.train", "50", "--environment.test", "50", "--agent.encoder.channels", "[8, 16]"),
)
GRID = ("hinge-objects3d", "seed=0,1,2", "gaze.saccade_probability=0.1,0.3", *SETTINGS)
NODES = 2


def workers() -> list[psutil.Process]:
    """Return the workers of Ray that watch over cells."""
    own = psutil.Process().children(recursive=True)
    return [process for process in own if process.is_running() and name(process) == "ray::streamsim"]


def name(process: psutil.Process) -> str:
    """Return what a process calls itself, nothing if it is gone."""
    try:
        return " ".join(process.cmdline()).strip()
    except psutil.Error:
        return ""


def cell_processes() -> list[psutil.Process]:
    """Return the processes of cells: those that the helpers of workers have started."""
    found = []
    for worker in workers():
        try:
            found += [cell for helper in worker.children() for cell in helper.children()]
        except psutil.Error:
            continue
    return found


def kill_one(found: list[psutil.Process]) -> bool:
    """Kill one of some processes; return whether there was one."""
    alive = [process for process in found if process.is_running()]
    if alive:
        random.choice(alive).kill()
    return bool(alive)


def kill_node(cluster: Any) -> bool:
    """Kill a node with all that is on it; another one joins."""
    cluster.remove_node(random.choice(list(cluster.worker_nodes)), allow_graceful=False)
    cluster.add_node(num_cpus=1)
    return True


def disturbed(out: Path, on: str, what: str, kill: Callable[[], bool]) -> str:
    """Compute the study in *out*, killing something on the way, and say when that was."""
    process = start("sweep", *GRID, "--out", str(out), "--threads", "1", "--on", on)
    while process.poll() is None and not any(out.glob("cells/*/worker.log")):
        time.sleep(0.05)
    time.sleep(random.uniform(0, 10))
    while process.poll() is None and not kill_now(what, process, kill):
        time.sleep(0.05)
    ticks = {path.parents[1].name: path.name for path in sorted(out.glob("cells/*/checkpoints/[0-9]*"))}
    done = len(list(out.glob("cells/*/summary.json")))
    # a cell that is killed before it saved anything is not begun again by itself: it might do the same for ever
    if what in {"driver", "cell"}:
        process.communicate()
        process = start("resume", str(out), "--on", on)
    finished(process)
    return f"{done} cells finished, checkpoints at {', '.join(ticks.values()) or 'none'}"


def kill_now(what: str, process: subprocess.Popen[bytes], kill: Callable[[], bool]) -> bool:
    """Kill the command itself, or what *kill* finds; return whether something was."""
    if what != "driver":
        return kill()
    process.kill()
    return True


def main(kills: int) -> int:
    """Kill and go on, compare every table, and return 1 if one differs."""
    from ray.cluster_utils import Cluster

    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        finished(start("sweep", *GRID, "--out", "whole", "--jobs", str(NODES), "--threads", "1"))
        undisturbed = Path("whole/table.csv").read_bytes()
        print(f"undisturbed: {len(undisturbed.splitlines()) - 1} rows", flush=True)
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        for _ in range(NODES):
            cluster.add_node(num_cpus=1)
        ways: dict[str, Callable[[], bool]] = {
            "driver": bool,
            "cell": lambda: kill_one(cell_processes()),
            "worker": lambda: kill_one(workers()),
            "node": lambda: kill_node(cluster),
        }
        equal = 0
        for n in range(kills * len(ways)):
            what = list(ways)[n % len(ways)]
            when = disturbed(Path(str(n)), f"{{Ray: {{address: '{cluster.address}'}}}}", what, ways[what])
            same = Path(str(n), "table.csv").read_bytes() == undisturbed
            equal += same
            print(f"{what:8} {'same' if same else 'DIFFERS'}  ({when})", flush=True)
            shutil.rmtree(str(n))
        cluster.shutdown()
        print(f"{equal} of {kills * len(ways)} tables equal that of the undisturbed study")
    return int(equal < kills * len(ways))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    sys.exit(main(parser.parse_args().kills))
