"""The online probe predicts before it learns, keeps its own score, and touches nothing else."""

import pytest
import torch

from streamsim import BernoulliSaccades, Pathway, ScriptedSaccades, Simulation, StepReport
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.tree import digest
from streamsim.instruments.online_probe import OnlineProbe, fresh, predict_then_learn, watch_spread

from ..toys import CountingWorld, LinearLearner


def simulation(*instruments, gaze=None, noise=0.05, agent=None):
    pathway = Pathway(CountingWorld(noise=noise), agent or LinearLearner(), gaze or BernoulliSaccades(0.3))
    return Simulation(pathway, instruments=instruments, streams=3, seed=1)


class Retina(LinearLearner):
    """Reports the very frame as its activity."""

    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        return state, StepReport(report.metrics, {"layer1": glimpse.frame})


def teach(xs, labels, firsts=None, rate=0.5):
    """Show one stream one frame after the other."""
    kept = fresh(torch.zeros(1, len(xs[0])), 2)
    for i, (x, label) in enumerate(zip(xs, labels, strict=True)):
        first = torch.tensor([firsts is None or firsts[i]])
        predict_then_learn(kept, torch.tensor([x]), torch.tensor([label]), first, rate)
    return kept


def test_it_predicts_before_it_learns():
    # before anything was learned all classes are equally likely and the first one is named
    assert teach([[1.0]], [1])["score"].tolist() == [0, 1, 0, 1]
    assert teach([[1.0]], [0])["score"].tolist() == [1, 1, 1, 1]
    assert teach([[1.0], [1.0]], [1, 1])["score"].tolist() == [1, 2, 1, 2]


def test_first_looks_are_counted_apart():
    score = teach([[1.0], [1.0], [1.0]], [1, 1, 1], firsts=[True, False, False])["score"]
    assert score.tolist() == [2, 3, 0, 1]


def test_the_step_is_that_of_the_docstring():
    kept = {**fresh(torch.zeros(2, 1), 2), "count": torch.tensor(10**9)}
    kept["spread"] += 10**9  # mean 0, deviation 1, too long known to be moved by two frames
    x, labels = torch.tensor([[2.0], [-1.0]]), torch.tensor([0, 1])
    predict_then_learn(kept, x, labels, torch.tensor([True, True]), rate=0.5)
    # (target - 1/2) / (1 + x^2), times 0.5, mean of the two streams
    first, second = 0.5 * 0.5 / 5 / 2, 0.5 * 0.5 / 2 / 2
    assert kept["weight"][0].tolist() == pytest.approx([2 * first + second, -2 * first - second], rel=1e-5)
    assert kept["bias"].tolist() == pytest.approx([first - second, second - first], rel=1e-4)


def test_running_statistics_are_those_of_all_frames():
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)) * 5 + 2
    kept = fresh(x[:4], 2)
    for some in x.split(4):
        watch_spread(kept, some, torch.tensor([True, True, True, True]))
    assert torch.allclose(kept["mean"], x.mean(0), atol=1e-5)
    assert torch.allclose(kept["spread"] / 40, x.var(0, correction=0), rtol=1e-4)


def test_unknown_labels_are_left_out():
    kept = fresh(torch.zeros(2, 1), 2)
    predict_then_learn(kept, torch.tensor([[1.0], [9.0]]), torch.tensor([0, -1]), torch.tensor([True, True]), 0.5)
    assert kept["score"].tolist() == [1, 1, 1, 1]
    assert kept["mean"].item() == 1.0


def test_a_readable_world_is_read_and_an_unreadable_one_is_not():
    probe, lost = OnlineProbe(window=400), OnlineProbe(window=400)
    simulation(probe, agent=Retina()).run(800)
    assert probe.rows[-1]["accuracy_first_looks"] > 0.9
    simulation(lost, noise=100.0, gaze=BernoulliSaccades(1.0), agent=Retina()).run(400)
    assert all(row["accuracy"] == pytest.approx(1 / 3, abs=0.08) for row in lost.rows)


def test_rows_are_marked_as_online_and_count_their_window():
    written = []
    probe = OnlineProbe(window=10, write=written.append)
    simulation(probe, gaze=ScriptedSaccades([0], period=5)).run(20)
    assert [(row["tick"], row["layer"], row["probe"]) for row in written] == [
        (10, "layer1", "online"),
        (10, "layer2", "online"),
        (20, "layer1", "online"),
        (20, "layer2", "online"),
    ]
    assert [(row["n_train"], row["n_test"], row["saccades"]) for row in written[1:3]] == [(30, 30, 6), (60, 30, 12)]
    assert "prequential" in written[0]["protocol"]


def test_watching_influences_nothing():
    plain, watched = simulation(), simulation(OnlineProbe(window=3))
    plain.run(20)
    watched.run(20)
    assert plain.digest() == watched.digest()


def test_state_round_trip_is_exact():
    whole, first, second = (OnlineProbe(window=4) for _ in range(3))
    simulation(whole).run(18)
    run = simulation(first)
    run.run(7)
    second.restore(first.state())
    again = simulation(second)
    again.restore(run.snapshot())
    again.run(11)
    assert first.rows + second.rows == whole.rows
    assert digest(second.state()) == digest(whole.state())


def test_a_saved_state_is_not_changed_by_later_ticks():
    probe = OnlineProbe()
    run = simulation(probe)
    run.run(3)
    saved = probe.state()
    before = digest(saved)
    run.run(3)
    assert digest(saved) == before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: OnlineProbe(0), "OnlineProbe.window must be at least 1 tick"),
        (lambda: OnlineProbe(rate=0), "OnlineProbe.rate must be greater than 0"),
    ],
)
def test_values_out_of_range_are_refused(make, words):
    with pytest.raises(ConfigurationError, match=words):
        make()
