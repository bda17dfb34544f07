"""Processes that share streams, pretended by threads; and what a team and one process are compared on."""

import threading
from concurrent.futures import ThreadPoolExecutor

import torch

from streamsim.config import configure
from streamsim.contracts import Team, flatten

from .small_recordings import write_aligned

LAGS = "[1, 2, 3]"

CASES = {
    "hinge": ("hinge-objects3d", {"environment.size": "16", "agent.encoder.channels": "[8, 16, 16]"}),
    "CLAPP": ("clapp-objects3d", {"environment.size": "16", "agent.encoder.channels": "[8, 16, 16]"}),
    "e-prop": (
        "clapp-librispeech-eprop-small",
        {
            "agent.encoder.channels": "8",
            "agent.encoder.recurrent.units": "8",
            "agent.calibration.ticks": "14",
            "agent.memory.capacity": "3",
            "agent.contrasts.0.lags": LAGS,
            "agent.contrasts.1.lags": LAGS,
        },
    ),
}
"""Presets by what they show, and what makes them small."""


def settings(case, folder, **more):
    """Return the preset and the settings of a *case*; recordings are written into *folder*."""
    preset, small = CASES[case]
    if case == "e-prop" and not (folder / "converted_aligned_phones.txt").exists():
        write_aligned(folder)
    root = {"environment.corpus.root": str(folder)} if case == "e-prop" else {}
    return preset, small | root | {"streams": "16"} | {name: str(value) for name, value in more.items()}


def experiment(case, folder, **more):
    """Return the experiment of a *case*."""
    return configure(*settings(case, folder, **more)).experiment


def weights(state):
    """Return the weights of the agent in the *state* of a simulation, by name."""
    agent = state["eye"]["agent"]
    return flatten({group: agent[group] for group in ("layers", "rule")})


def apart(one, other):
    """Return the largest difference between weights."""
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


class Threads(Team):
    """One of some threads that pretend to be processes.

    Args:
        rank: its number.
        desks: a place for each thread to lay down what the others are to see.
        meeting: where they wait for each other.
    """

    def __init__(self, rank, desks, meeting):
        self.rank, self.size = rank, len(desks)
        self.desks, self.meeting = desks, meeting

    def shown(self, what):
        """Return what each thread shows, once all have come."""
        self.desks[self.rank] = what
        self.meeting.wait(60)
        found = list(self.desks)
        self.meeting.wait(60)
        return found

    def gathered(self, parts, axis=0):
        return [torch.cat(pieces, axis) for pieces in zip(*self.shown([p.clone() for p in parts]), strict=True)]

    def summed(self, parts):
        clones = [torch.clone(p) for p in parts]
        return [sum(rest, start=first) for first, *rest in zip(*self.shown(clones), strict=True)]

    def largest(self, number):
        return max(self.shown(number))

    def told(self, number):
        return self.shown(number)[0]


def together(size, work):
    """Return what *work* makes of each member of a team of *size* threads."""
    desks, meeting = [None] * size, threading.Barrier(size)

    def begin(rank):
        try:
            return work(Threads(rank, desks, meeting))
        except BaseException:
            meeting.abort()
            raise

    with ThreadPoolExecutor(size) as threads:
        futures = [threads.submit(begin, rank) for rank in range(size)]
    failed = [f.exception() for f in futures if f.exception() is not None]
    for error in sorted(failed, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
        raise error
    return [future.result() for future in futures]
