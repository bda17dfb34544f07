"""What a cell will take, found out by running some of it, as many cells at once as there will be."""

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from itertools import repeat

import torch
from threadpoolctl import threadpool_limits

from streamsim.config import Experiment, configure
from streamsim.contracts import DataError, trusting
from streamsim.evaluation import probe_layers
from streamsim.runs import current_folder, keep_memory
from streamsim.simulation import Simulation

from .processes import Processes, warm

BUDGET = 2.0
"""Seconds of ticks to measure; the first are slower than the rest, and left out."""


@dataclass(frozen=True)
class Cost:
    """What a cell takes, about.

    Attributes:
        seconds: of the clock, from its start to its end.
        memory: bytes of memory at most, with what it shares with other cells.
    """

    seconds: float
    memory: int


@dataclass(frozen=True)
class Rehearsal:
    """A cell of which a little is to be run.

    Args:
        preset: where its configuration starts from.
        settings: what differs, by dotted name, as YAML.
    """

    preset: str
    settings: Mapping[str, str]


def rehearsed(cells: Sequence[Rehearsal], launcher: Processes) -> list[Cost | None]:
    """Return what *cells* take while they run at once, each in a process of its own as a *launcher* would start it.

    Of one that fails there is nothing to tell: the study will say why. Nothing is returned if they cannot run at once.
    """
    warm()
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(len(cells), context, silence) as pool:
        tried = [pool.submit(cost_of, *own) for own in zip(cells, repeat(launcher.threads), launcher.places())]
    if any(isinstance(one.exception(), BrokenProcessPool) for one in tried):  # memory ran out, most likely
        return []
    return [one.result() if one.exception() is None else None for one in tried]


def silence() -> None:
    """Show nothing, whatever this process calls: the terminal belongs to the study."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


def cost_of(cell: Rehearsal, threads: int, cores: Collection[int]) -> Cost:
    """Run a little of *cell* in this process, and return what all of it would take; for *cores* see `worker.work`."""
    if cores:
        os.sched_setaffinity(0, cores)
    keep_memory()
    torch.set_num_threads(threads)
    with threadpool_limits(threads), trusting(), current_folder():
        began = time.monotonic()
        experiment = configure(cell.preset, cell.settings).experiment
        simulation = experiment.build()
        built = time.monotonic()
        tick = seconds_of_a_tick(simulation, experiment.ticks)
        ticked = time.monotonic()
        probe(simulation, experiment)
        probing = time.monotonic() - ticked
    whole = built - began + tick * experiment.ticks + probing * rounds(experiment)
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(whole, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def seconds_of_a_tick(simulation: Simulation, ticks: int) -> float:
    """Return the mean time of a tick; of those that learn, if looking ends within the budget."""
    looks = max(pathway.agent.looks for pathway in simulation.pathways)
    until, taken = time.monotonic() + BUDGET, list[float]()
    while not taken or (time.monotonic() < until and simulation.ticks() < ticks):
        before = simulation.ticks()
        began = time.monotonic()
        simulation.run(1)
        taken = [] if before in (1, looks + 1) else taken  # the first of a kind, which reserves memory, counts no more
        taken.append(time.monotonic() - began)
    return sum(taken) / len(taken)


def probe(simulation: Simulation, experiment: Experiment) -> None:
    """Probe every pathway once, as a run does."""
    if experiment.probes is None:
        return
    for pathway in simulation.pathways:
        state = simulation.state[pathway.name]["agent"]
        with suppress(DataError):  # a world without labels
            probe_layers(pathway.agent, state, pathway.environment, experiment.probes)


def rounds(experiment: Experiment) -> int:
    """Return how often a run of *experiment* is probed: as drawn, as calibrated, now and then, at the end."""
    if experiment.probes is None:
        return 0
    looks = any(sense.agent.looks for sense in experiment.senses.values())
    return 2 + looks + ((experiment.ticks - 1) // experiment.probe_every if experiment.probe_every else 0)
