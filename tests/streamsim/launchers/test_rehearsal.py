"""What a cell will take, by running a little of it."""

import time

import pytest

from streamsim import FixedFixation, Pathway, Simulation
from streamsim.launchers import rehearsal

from ..toys import CountingWorld, LinearLearner


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
