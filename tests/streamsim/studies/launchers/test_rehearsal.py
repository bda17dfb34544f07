"""What a cell will take, by running a little of it."""

import time
from pathlib import Path

import pytest

from streamsim import FixedFixation, Pathway, Simulation
from streamsim.studies.launchers import Processes, rehearsal

from ...toys import CountingWorld, LinearLearner

ILL = """
from toys import CountingWorld
class Ill(CountingWorld):
    def look(self, state, saccade):
        raise ValueError("ill")
"""


class Slow(CountingWorld):
    """Takes its time for every frame, and more for the first."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds

    def look(self, state, saccade):
        time.sleep(self.seconds * (3 if int(state["count"].max()) < 0 else 1))
        return super().look(state, saccade)


@pytest.mark.parametrize("seconds", [0.02, 0.3])
def test_a_tick_takes_what_it_takes_although_the_first_is_slow(monkeypatch, seconds):
    monkeypatch.setattr(rehearsal, "BUDGET", 0.2)
    simulation = Simulation(Pathway(Slow(seconds), LinearLearner(), FixedFixation(3)), streams=2)
    assert seconds <= rehearsal.seconds_of_a_tick(simulation, 1000) < 4 * seconds


def test_a_run_of_one_tick_is_measured_too():
    simulation = Simulation(Pathway(Slow(0.01), LinearLearner(), FixedFixation(3)), streams=2)
    assert rehearsal.seconds_of_a_tick(simulation, 1) >= 0.01
    assert simulation.ticks() == 1


def test_of_a_cell_that_fails_nothing_is_told(place):
    well, ill = ({"ticks": "2", "probes": "null", "environment": world} for world in ("toys.CountingWorld", "ill.Ill"))
    Path("ill.py").write_text(ILL)
    cells = [rehearsal.Rehearsal("toy.yaml", settings) for settings in (well, ill)]
    known, unknown = rehearsal.rehearsed(cells, Processes(2, 1))
    assert known.seconds > 0
    assert unknown is None


def test_a_cell_is_rehearsed_with_the_threads_and_on_the_cores_that_it_will_have(place, monkeypatch):
    had = {}
    monkeypatch.setattr(rehearsal.torch, "set_num_threads", lambda number: had.update(threads=number))
    monkeypatch.setattr(rehearsal.os, "sched_setaffinity", lambda _, cores: had.update(cores=cores), raising=False)
    cell = rehearsal.Rehearsal("toy.yaml", {"ticks": "2", "probes": "null"})
    assert rehearsal.cost_of(cell, 3, (4, 5, 6)).seconds > 0
    assert had == {"threads": 3, "cores": (4, 5, 6)}
    rehearsal.cost_of(cell, 2, ())
    assert had == {"threads": 2, "cores": (4, 5, 6)}
