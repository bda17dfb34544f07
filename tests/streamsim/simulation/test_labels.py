"""Labels reach an agent that is taught, of the very frame that it sees, and no other agent."""

import pytest
import torch

from streamsim import FixedFixation, Instrument, Pathway, Shuffled, Simulation
from streamsim.contracts import LABELS_TOLD, ConfigurationError, described, labels_told

from ..toys import CountingWorld, LinearLearner, Pupil


class Unlabelled(CountingWorld):
    """Has classes to be probed with, and tells none while one looks."""

    teaches = False


class Nameless(CountingWorld):
    """Has no classes."""

    classes = ()


class Notes(Instrument):
    """Keeps what the agent was told beside what is true."""

    def __init__(self):
        self.told, self.true = [], []

    def watch(self, record):
        self.told.append(record.glimpse.label)
        self.true.append(record.truth.label)


def watched(agent, ticks=12, **how):
    notes = Notes()
    Simulation(Pathway(CountingWorld(), agent, FixedFixation(2), **how), instruments=[notes], streams=4).run(ticks)
    return notes


@pytest.mark.parametrize("order", [None, Shuffled(4, 2)])
def test_a_pupil_is_told_the_label_of_each_frame(order):
    notes = watched(Pupil(), order=order)
    assert all(map(torch.equal, notes.told, notes.true))
    assert len(torch.stack(notes.told).unique()) == 3


@pytest.mark.parametrize("order", [None, Shuffled(4, 2)])
def test_nobody_else_is_told_any(order):
    notes = watched(LinearLearner(), order=order)
    assert notes.told == [None] * 12
    assert len(torch.stack(notes.true).unique()) == 3


@pytest.mark.parametrize(
    ("world", "taught", "message"),
    [
        (Unlabelled(), 3, "Pupil learns from labels, but Unlabelled has none for what it shows: use a world that has"),
        (Nameless(), 3, "Pupil learns from labels, but Nameless has none"),
        (CountingWorld(5), 3, "Pupil is made for 3 classes, but CountingWorld has 5: set its classes to 5"),
    ],
)
def test_a_world_that_cannot_teach_is_refused_before_the_first_tick(world, taught, message):
    with pytest.raises(ConfigurationError, match=message):
        Simulation(Pathway(world, Pupil(taught)))
    Simulation(Pathway(world, LinearLearner()))


def test_results_say_that_labels_are_told():
    assert described(Pupil()) == LABELS_TOLD
    assert described(LinearLearner()) is None
    assert (labels_told(Pupil(), 7), labels_told(LinearLearner(), 7)) == (56, 0)


class Talker(Pupil):
    """Compares something."""

    def describe(self):
        return "this with that"


def test_what_is_compared_stands_before_what_is_told():
    assert described(Talker()) == f"this with that; {LABELS_TOLD}"
    assert described(Talker(0)) == "this with that"
