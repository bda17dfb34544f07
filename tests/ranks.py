"""Two processes with half of the streams each, beside one with all: how far apart are their weights?

    torchrun --nproc-per-node 2 -m tests.ranks [--ticks 200] [--single]

Computes in double precision, so that what is left is no rounding; with --single as runs do, where learning with Adam
makes much of a last bit, as it does when one process has another number of threads.
"""

import argparse
import tempfile
from pathlib import Path

import torch

from streamsim.contracts import digest
from streamsim.simulation import processes

from .teams import CASES, apart, experiment, weights

BAR = 1e-6


def main() -> None:
    """Compute, compare, print one line a case, and fail if any is further apart than the bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ticks", type=int, default=200)
    parser.add_argument("--single", action="store_true", help="compute in single precision")
    given = parser.parse_args()
    if not given.single:
        torch.set_default_dtype(torch.float64)
    with processes() as team:
        failed = [case for case in CASES if not alike(case, given.ticks, team)]
    raise SystemExit(bool(failed) and not given.single)


def alike(case, ticks, team):
    """Tell whether a *team* and one process learn the same in so many *ticks*; say how far apart they are."""
    with tempfile.TemporaryDirectory() as folder:
        build = experiment(case, Path(folder)).build
        shared = followed(build(team=team), ticks)
        if team.rank:
            return True
        alone = build()
        drawn = weights(alone.whole())
        one = followed(alone, ticks)
        gap, moved = apart(weights(one), weights(shared)), apart(weights(one), drawn)
        print(f"{case:8} {ticks} ticks, {team.size} x {alone.streams // team.size} streams: {gap:.1e} apart")
        print(f"{'':8} weights moved by up to {moved:.2g}; digest of the team {digest(shared)[:12]}", flush=True)
        return gap <= BAR


def followed(simulation, ticks):
    """Return all state after so many *ticks*, computed in the precision of the weights."""
    simulation.pathways[0].agent.perception.compute = torch.get_default_dtype()
    simulation.run(ticks)
    return simulation.whole()


if __name__ == "__main__":
    main()
