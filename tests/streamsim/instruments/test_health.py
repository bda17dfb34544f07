"""Ranks of known matrices, scripted collisions, and no influence on the run."""

import json
import math

import pytest
import torch

from streamsim import (
    BernoulliSaccades,
    GroundTruth,
    Labelled,
    PairRecord,
    Pathway,
    ScriptedSaccades,
    Simulation,
    Split,
    StepReport,
)
from streamsim.agents.rules import angle
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.tree import digest
from streamsim.evaluation.pair_truth import ObjectHistory, Tally
from streamsim.evaluation.readout import Flattened
from streamsim.evaluation.representation import dead_units, effective_rank, participation_ratio, spectrum, survey
from streamsim.instruments.health import Health
from streamsim.instruments.schedule import TickSchedule

from ..toys import CountingWorld, LinearLearner


def matrix(singular_values, n=40, width=12):
    """Return centred features with these singular values."""
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(n, len(singular_values), generator=generator, dtype=torch.float64)
    left = torch.linalg.qr(left - left.mean(0)).Q
    right = torch.linalg.qr(torch.randn(width, len(singular_values), generator=generator, dtype=torch.float64)).Q
    return left * torch.tensor(singular_values, dtype=torch.float64) @ right.T


@pytest.mark.parametrize(
    ("values", "effective", "participation"),
    [
        ([5.0], 1, 1),
        ([2.0, 2.0, 2.0], 3, 3),
        ([3.0, 1.0], math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25)), 100 / 82),
        ([0.5] * 10, 10, 10),
    ],
)
def test_ranks_of_known_matrices(values, effective, participation):
    assert effective_rank(matrix(values)) == pytest.approx(effective, rel=1e-6)
    assert participation_ratio(matrix(values)) == pytest.approx(participation, rel=1e-6)


def test_an_offset_is_no_dimension():
    assert effective_rank(matrix([2.0, 2.0]) + 100) == pytest.approx(2, rel=1e-6)


def test_features_that_are_all_alike_have_rank_zero():
    for value in (0.1, 0.3, 1 / 3, 7.7):  # of some of these the mean is not exact
        same = torch.full((11, 4), value, dtype=torch.float64)
        assert effective_rank(same) == participation_ratio(same) == 0
    assert spectrum(torch.zeros(5, 3)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("a", "b", "degrees"),
    [
        ([1, 0], [3, 0], 0),
        ([1, 0], [0, 2], 90),
        ([1, 0], [-5, 0], 180),
        ([1, 0], [1, 1], 45),
        ([1, 0], [1, 1e-9], 5.7e-8),
    ],
)
def test_angles(a, b, degrees):
    assert angle(torch.tensor(a).double(), torch.tensor(b).double()) == pytest.approx(degrees, rel=1e-2, abs=1e-12)


def test_dead_units():
    activity = torch.zeros(4, 4, 2, 2)
    activity[2, 1, 0, 1] = 1  # active once, in one place
    activity[:, 2] = 0.7  # saturated
    activity[0, 3, 0, 0] = 1  # active at the very first place alone
    assert dead_units(activity).tolist() == [True, False, True, False]
    assert dead_units(activity[:, :, 0, 1]).tolist() == [True, False, True, True]


def test_survey_counts_over_all_batches():
    world = CountingWorld()
    agent = LinearLearner()
    state = agent.reset(world.sensor, 1, 0, torch.device("cpu"))
    state["weights"]["layer1"][:, :5] = 0
    found = survey(agent, state, world.labelled(Split.TEST), 60, Flattened())
    assert (found["layer1"]["dead_units"], found["layer1"]["units"]) == (5, 16)
    assert (found["layer2"]["dead_units"], found["layer2"]["largest_possible"]) == (0, 16)
    assert 1 < found["layer1"]["participation_ratio"] < found["layer1"]["effective_rank"] < 11.01


def test_a_unit_that_wakes_up_in_a_later_batch_is_alive():
    frames = torch.zeros(70, 1, 1, 4, 4)
    frames[-1] = 1
    world, agent = CountingWorld(), LinearLearner()
    state = agent.reset(world.sensor, 1, 0, torch.device("cpu"))
    labelled = Labelled(torch.zeros(70, dtype=torch.int64), lambda chosen: frames[chosen])
    found = survey(agent, state, labelled, 70, Flattened())
    assert found["layer1"]["dead_units"] == found["layer2"]["dead_units"] == 0


def remembered(object_ids, labels, depth=512):
    """Return a history of one row per tick."""
    history = ObjectHistory(depth, len(object_ids[0]))
    for tick, (object_id, label) in enumerate(zip(object_ids, labels, strict=True)):
        saccade = torch.zeros(len(object_id), dtype=torch.bool)
        history.add(tick, GroundTruth(saccade, torch.tensor(object_id), torch.tensor(label)))
    return history


def compared(pairs, streams=2):
    """Return a comparison from (birth, owner, same, weight), the same for every stream."""
    columns = [torch.tensor(column)[:, None].expand(-1, streams) for column in zip(*pairs, strict=True)]
    return PairRecord(*columns)


def rates(history, pairs, tick, streams=2):
    tally = Tally()
    tally.add(history, compared(pairs, streams), tick)
    return tally.rates()


def test_collisions_of_a_scripted_stream():
    # stream 0 sees object 1, then 2 (both of class 0), then 1 again; stream 1 sees object 3 of class 1 throughout
    history = remembered([[1, 3], [2, 3], [1, 3]], [[0, 1], [0, 1], [0, 1]])
    pairs = [
        (1, 0, True, 1.0),  # positive: wrong object for both, wrong class for stream 1
        (0, 0, False, 1.0),  # negative: the same object for stream 0, neither for stream 1
        (1, 0, False, 0.5),  # negative: another object of the same class for stream 0
        (0, 1, False, 0.0),  # not compared
    ]
    assert rates(history, pairs, 2) == {
        "positives": 2,
        "positives_of_another_object": 1.0,
        "positives_of_another_class": 0.5,
        "age_of_positives": 1.0,
        "negatives": 4,
        "negatives_of_the_same_object": 0.25,
        "negatives_of_the_same_class": 0.5,
        "age_of_negatives": 1.5,
    }


def test_pairs_older_than_the_history_are_left_out():
    history = remembered([[t] for t in range(10)], [[0]] * 10, depth=4)
    found = rates(history, [(5, 0, False, 1.0), (6, 0, False, 1.0), (-1, 0, False, 1.0)], 9, streams=1)
    assert (found["negatives"], found["age_of_negatives"]) == (1, 3.0)


def test_unknown_classes_collide_with_nothing():
    history = remembered([[1], [2]], [[-1], [-1]])
    found = rates(history, [(0, 0, False, 1.0), (0, 0, True, 1.0)], 1, streams=1)
    assert found["negatives_of_the_same_class"] == found["positives_of_another_class"] == 0
    assert found["positives_of_another_object"] == 1


def test_nothing_compared_is_not_zero():
    assert Tally().rates()["negatives_of_the_same_class"] is None
    assert Tally().rates()["negatives"] == 0


class Comparer(LinearLearner):
    """Takes the frame before for the same thing and the one two ticks before for another."""

    def step(self, state, glimpse):
        state, report = super().step(state, glimpse)
        streams = torch.arange(len(glimpse.saccade)).expand(2, -1)
        birth = torch.tensor([[glimpse.tick - 1], [glimpse.tick - 2]]).expand_as(streams)
        same = torch.tensor([[True], [False]]).expand_as(streams)
        weight = (birth >= 0).float()
        alike = torch.tensor([[0.5, torch.nan], [float(glimpse.tick), -1.0]])
        pairs = PairRecord(birth, streams, same, weight)
        return state, StepReport(report.metrics, report.activity, pairs, lambda: alike)

    def alignments(self, state):
        return {"layer1: to itself": angle(state["weights"]["layer1"], state["weights"]["layer1"])}


def simulation(*instruments, agent=None, gaze=None):
    pathway = Pathway(CountingWorld(classes=2), agent or Comparer(), gaze or BernoulliSaccades(0.3))
    return Simulation(pathway, instruments=instruments, streams=3, seed=1)


def test_health_of_a_scripted_run():
    written = []
    # fixations of four ticks: at every tick but the first two of a fixation the older frame shows the same object
    health = Health(TickSchedule(every=8), sample_every=1, write=written.append)
    simulation(health, gaze=ScriptedSaccades([0], period=4)).run(16)
    assert [row["tick"] for row in written] == [0, 8, 16]
    last = written[-1]["comparisons"]
    assert (last["positives"], last["negatives"]) == (24, 24)
    assert last["positives_of_another_object"] == 0.25
    assert last["negatives_of_the_same_object"] == 0.5
    assert (last["age_of_positives"], last["age_of_negatives"]) == (1, 2)
    assert written[-1]["alignments"] == {"layer1: to itself": 0}
    assert written[0]["likeness"] == {name: {"same": None, "other": None} for name in ("layer1", "layer2")}
    means = {"layer1": {"same": 0.5, "other": None}, "layer2": {"same": 11.5, "other": -1.0}}  # of ticks 8 to 15
    assert written[-1]["likeness"] == means
    assert set(written[-1]["layers"]) == {"layer1", "layer2"}
    assert "1 tick in 1" in written[-1]["protocol"]
    assert json.loads(json.dumps(written)) == written


def test_agents_need_not_compare_or_align():
    health = Health(TickSchedule(every=5))
    simulation(health, agent=LinearLearner()).run(5)
    assert health.rows[-1]["alignments"] == {}
    assert health.rows[-1]["comparisons"]["positives"] == 0


def test_watching_influences_nothing():
    plain, watched = simulation(), simulation(Health(TickSchedule(every=1), sample_every=1))
    plain.run(12)
    watched.run(12)
    assert plain.digest() == watched.digest()


def test_a_resumed_run_writes_the_same_rows():
    whole, first, second = (Health(TickSchedule(every=4), sample_every=2) for _ in range(3))
    simulation(whole).run(18)
    run = simulation(first)
    run.run(7)
    second.restore(first.state())
    again = simulation(second)
    again.restore(run.snapshot())
    again.run(11)
    assert first.rows + second.rows == whole.rows
    assert digest(second.state()) == digest(whole.state())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Health(sample_every=0), "Health.sample_every must be at least 1"),
        (lambda: Health(depth=0), "Health.depth must be at least 1"),
        (lambda: Health(frames=1), "Health.frames must be at least 2"),
    ],
)
def test_values_out_of_range_are_refused(make, words):
    with pytest.raises(ConfigurationError, match=words):
        make()
