"""Metrics: means by hand, unchanged learning, and a state that survives."""

import pytest
import torch

from streamsim import BernoulliSaccades, Instrument, Pathway, Simulation
from streamsim.contracts.errors import ConfigurationError
from streamsim.instruments.metrics import Metrics
from streamsim.instruments.rows import read_rows

from ..toy_runs import timeless
from ..toys import CountingWorld, LinearLearner


class Notes(Instrument):
    """Keeps every report, the slow way."""

    def __init__(self):
        self.metrics, self.saccades = [], []

    def watch(self, record):
        self.metrics.append(record.report.metrics.clone())
        self.saccades.append(int(record.truth.saccade.sum()))


def simulation(*instruments, seed=3):
    return Simulation(
        Pathway(CountingWorld(), LinearLearner(), BernoulliSaccades(0.4)), instruments=instruments, streams=2, seed=seed
    )


def test_lines_hold_means_over_defined_ticks_and_saccades_so_far(tmp_path):
    notes = Notes()
    simulation(Metrics(tmp_path / "m.jsonl", every=10), notes).run(25)
    lines = read_rows(tmp_path / "m.jsonl")
    assert [line["tick"] for line in lines] == [10, 20]
    assert [line["seconds"] for line in lines] == [1.0, 2.0]
    assert [line["saccades"] for line in lines] == [sum(notes.saccades[:10]), sum(notes.saccades[:20])]
    second = torch.stack(notes.metrics[10:20]).double()
    assert second.isnan().any(), "the toy should leave some losses undefined"
    assert lines[1]["layers"]["layer2"]["loss"] == pytest.approx(second[:, 1, 0].nanmean().item())
    assert lines[1]["layers"]["layer1"]["fixating"] == pytest.approx(second[:, 0, 1].mean().item())


def test_never_defined_is_null(tmp_path):
    world = Pathway(CountingWorld(length=1), LinearLearner())
    Simulation(world, instruments=[Metrics(tmp_path / "m.jsonl", every=2)]).run(2)
    assert read_rows(tmp_path / "m.jsonl")[0]["layers"]["layer1"]["loss"] is None


def test_learning_is_the_same_with_and_without(tmp_path):
    bare, watched = simulation(), simulation(Metrics(tmp_path / "m.jsonl", every=3))
    bare.run(40)
    watched.run(40)
    assert bare.digest() == watched.digest()


def test_a_restored_instrument_writes_what_the_first_would_have(tmp_path):
    simulation(Metrics(tmp_path / "whole.jsonl", every=10)).run(50)
    first = Metrics(tmp_path / "parts.jsonl", every=10)
    before = simulation(first)
    before.run(23)
    after = simulation(second := Metrics(tmp_path / "parts.jsonl", every=10))
    after.restore(before.snapshot())
    second.restore(first.state())
    after.run(27)
    assert timeless(read_rows(tmp_path / "parts.jsonl")) == timeless(read_rows(tmp_path / "whole.jsonl"))


def test_every_must_be_positive(tmp_path):
    with pytest.raises(ConfigurationError, match="at least 1 tick"):
        Metrics(tmp_path / "m.jsonl", every=0)
