"""Standard errors count what was drawn independently: pictures, utterances, clips, and not their ticks."""

import pytest
import torch

from streamsim import Pathway, Simulation
from streamsim.evaluation.probe import LinearProbe
from streamsim.evaluation.protocol import ProbeProtocol, probe_layers
from streamsim.evaluation.results import at_ceiling, ceiling, commonest
from streamsim.evaluation.score import Score, score_of, standard_error

from ..toys import Echo, Melodies


def scored(*right, sizes=None):
    right = torch.tensor(right)
    return Score(right, torch.ones_like(right) if sizes is None else torch.tensor(sizes))


def test_examples_that_stand_for_themselves_have_the_binomial_error():
    found = scored(1, 0, 1, 1)
    assert found.accuracy == 0.75
    assert found.error == pytest.approx((0.75 * 0.25 / 4) ** 0.5)


def test_the_error_of_clusters_is_that_of_their_sums():
    # half of six are right; the clusters miss 2 x 1/2 by 1, -1 and 0
    assert scored(2, 0, 1, sizes=[2, 2, 2]).error == pytest.approx(2**0.5 / 6)
    # 3 of 4 are right; the clusters miss 3/4 and 9/4 by 1/4 and -1/4
    assert scored(1, 2, sizes=[1, 3]).error == pytest.approx((2 / 16) ** 0.5 / 4)


def test_saying_everything_five_times_adds_no_certainty():
    right, cluster = torch.tensor([1, 0, 1, 1, 0, 1]), torch.arange(6)
    once, often = score_of(right, cluster), score_of(right.repeat(5), cluster.repeat(5))
    assert often.sizes.tolist() == [5] * 6
    assert (often.accuracy, often.error) == (once.accuracy, pytest.approx(once.error))


def test_clusters_may_have_any_numbers():
    found = score_of(torch.tensor([1, 0, 1, 1]), torch.tensor([7, 3, 7, 3]))
    assert (found.right.tolist(), found.sizes.tolist()) == ([1, 2], [2, 2])


def test_the_error_of_a_gain_is_that_of_differences_between_the_same_examples():
    before, after = scored(1, 0, 0, 1), scored(1, 1, 0, 0)
    assert after.error_of_gain(before) == pytest.approx((2 / 4 / 4) ** 0.5)  # differences 0, 1, 0, -1 about 0
    assert before.error_of_gain(before) == 0.0


def test_a_single_cluster_tells_no_error():
    alone = scored(3, sizes=[5])
    assert alone.error is None and alone.error_of_gain(alone) is None
    assert not at_ceiling(alone) and at_ceiling(scored(5, sizes=[5]))


def test_a_mean_without_deviation_is_certain():
    assert standard_error(torch.tensor([2, 4]), torch.tensor([1, 2])) == 0.0


@pytest.mark.parametrize("pooled", [False, True])
def test_recordings_are_the_clusters_of_their_ticks(pooled):
    world, agent = Melodies(pooled), Echo()
    state = Simulation(Pathway(world, agent)).state["eye"]["agent"]
    found = probe_layers(agent, state, world, ProbeProtocol([LinearProbe()]))[0]
    ticks = [2 + r % 3 for r in range(12) if r != 4]  # the first has no label; number 4 cannot be read
    assert found.score.sizes.tolist() == ([1] * 11 if pooled else ticks)
    assert found.n_test == sum(found.score.sizes)


def test_chance_is_the_share_of_the_commonest_class():
    assert commonest(torch.tensor([[3, 0, 1], [0, 1, 0], [0, 0, 0]])) == 0.8
    assert commonest(20 * torch.eye(3).long()) == 1 / 3


@pytest.mark.parametrize(
    ("right", "of", "there"), [(95, 100, True), (94, 100, False), (17, 18, True), (9, 10, True), (7, 10, False)]
)
def test_the_ceiling_is_five_percent_or_two_standard_errors(right, of, there):
    assert at_ceiling(scored(*[1] * right, *[0] * (of - right))) == there


def test_the_ceiling_is_said_of_the_layers_that_are_there():
    rows = [{"layer": name, "ceiling": name != "b"} for name in "abc"]
    assert ceiling(rows).startswith("The probe is at its ceiling before learning in a, c: at most 5 %, or two standard")
    assert ceiling([rows[1]]) == ""
