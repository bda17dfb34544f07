"""Optimisers against torch.optim, and updates that are averaged over ticks against their arithmetic."""

import pytest
import torch

from streamsim.agents import (
    SGD,
    Adam,
    Calibration,
    ContrastiveHinge,
    Learner,
    LinearDecay,
    Orthogonal,
    OwnMemory,
    PeerMemory,
    Randomised,
    RMSProp,
    ShortTermMemory,
)
from streamsim.agents.learning.updates import Updates
from streamsim.config import configure
from streamsim.contracts import Alone
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.tree import flatten, snapshot

from ..driving import doubled, drive, glimpses, tiny_encoder
from ..numbers import drawn


class Quiet(Alone):
    """A member of a team of two, the other of which saw nothing."""

    size = 2


PAIRS = {
    "Adam": (Adam(0.01), lambda w: torch.optim.Adam(w, 0.01)),
    "Adam, other betas": (Adam(0.01, 0.5, 0.9, 1e-3), lambda w: torch.optim.Adam(w, 0.01, (0.5, 0.9), 1e-3)),
    "SGD": (SGD(0.01), lambda w: torch.optim.SGD(w, 0.01)),
    "SGD with momentum": (SGD(0.01, 0.8), lambda w: torch.optim.SGD(w, 0.01, 0.8)),
    "RMSProp": (RMSProp(0.01), lambda w: torch.optim.RMSprop(w, 0.01)),
    "RMSProp, other alpha": (RMSProp(0.01, 0.5, 1e-3), lambda w: torch.optim.RMSprop(w, 0.01, 0.5, 1e-3)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_optimisers_are_pytorchs(name):
    ours, theirs = PAIRS[name]
    generator = torch.Generator().manual_seed(0)
    weights = [torch.randn(3, 4, generator=generator), torch.randn(5, generator=generator)]
    twins = [w.clone().requires_grad_() for w in weights]
    kept, reference = [ours.reset(w) for w in weights], theirs(twins)
    for _ in range(5):
        gradients = [torch.randn(w.shape, generator=generator) for w in weights]
        for twin, gradient in zip(twins, gradients, strict=True):
            twin.grad = gradient.clone()
        reference.step()
        ours.step(weights, gradients, kept, 1.0)
        for weight, twin in zip(weights, twins, strict=True):
            torch.testing.assert_close(weight, twin.detach(), rtol=1e-6, atol=1e-7)


def test_an_orthogonal_step_by_hand():
    """The projection is on the mean before the gradient, and the mean is of whole gradients."""
    optimiser, weight = Orthogonal(SGD(1.0), beta=0.5), torch.zeros(2)
    kept = optimiser.reset(weight)
    means, places = [], []
    for gradient in ([2.0, 0.0], [3.0, 4.0], [4.0, 0.0]):
        optimiser.step([weight], [torch.tensor(gradient)], [kept], 1.0)
        means.append(kept["usual"].tolist())
        places.append(weight.tolist())
    assert means == [[1, 0], [2, 2], [3, 1]]
    torch.testing.assert_close(torch.tensor(places), torch.tensor([[-2.0, 0], [-2, -4], [-4, -2]]))


def test_a_step_is_at_right_angles_to_the_usual_gradient_and_what_is_left_out_lies_along_it():
    optimiser, generator = Orthogonal(SGD(0.1), beta=0.8), torch.Generator().manual_seed(1)
    weights = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((3, 4, 2), (5,))]
    kept = [optimiser.reset(w) for w in weights]
    for tick in range(20):
        gradients = [1 + torch.randn(w.shape, generator=generator, dtype=torch.float64) for w in weights]
        before, usual = [w.clone() for w in weights], [own["usual"].clone() for own in kept]
        optimiser.step(weights, gradients, kept, 0.5)
        for weight, old, gradient, c in zip(weights, before, gradients, usual, strict=True):
            step, length = (old - weight) / 0.05, float(c.norm())
            left = gradient - step
            assert abs(float((step * c).sum())) < 1e-12 * max(length, 1)
            assert abs(abs(float((left * c).sum())) - float(left.norm()) * length) < 1e-11
            assert tick == 0 or left.norm() > 1e-3


def test_orthogonal_wraps_any_optimiser():
    gradient = torch.tensor([1.0, -2.0, 3.0, 4.0])
    for optimiser, _ in PAIRS.values():
        wrapped, plain = torch.ones(4), torch.ones(4)
        both, alone = Orthogonal(optimiser), optimiser
        kept, own = both.reset(wrapped), alone.reset(plain)
        both.step([wrapped], [gradient], [kept], 0.5)  # nothing is usual yet
        alone.step([plain], [gradient], [own], 0.5)
        assert torch.equal(wrapped, plain)
        both.step([wrapped], [2 * gradient], [kept], 0.5)  # nothing is new
        alone.step([plain], [torch.zeros(4)], [own], 0.5)
        torch.testing.assert_close(wrapped, plain)


def test_nothing_usual_and_nothing_at_all_are_no_division_by_zero():
    optimiser, weight = Orthogonal(SGD(1.0)), torch.zeros(2)
    kept = optimiser.reset(weight)
    for gradient in ([0.0, 0.0], [1e-25, 0.0], [1.0, 1.0], [0.0, 0.0]):
        optimiser.step([weight], [torch.tensor(gradient)], [kept], 1.0)
        assert weight.isfinite().all()


def test_orthogonal_averages_the_ticks_that_its_optimiser_averages():
    assert Orthogonal(SGD(0.05, every=4)).every == 4
    assert drive(learner(optimiser=Orthogonal(SGD(0.05, every=4))), ticks=22)[0]["updates"].tolist() == [5, 5, 5]


def test_orthogonal_is_written_and_read_again(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "environment: Objects3D\nagent: {Learner: {optimiser: {Orthogonal: {optimiser: {RMSProp: {every: 4}}}}}}\n"
    )
    once = configure(tmp_path / "a.yaml", {"agent.optimiser.beta": 0.5})
    (tmp_path / "b.yaml").write_text(once.text())
    again = configure(tmp_path / "b.yaml").experiment.agent.optimiser
    assert (type(again.optimiser), again.every, again.beta) == (RMSProp, 4, 0.5)
    assert configure(tmp_path / "b.yaml").text() == once.text()


def test_steps_that_fall_by_hand():
    """The rate falls from one to the last share in as many updates as were asked for, and stays there."""
    optimiser, weight = LinearDecay(4, 0.2, SGD(1.0)), torch.zeros(1)
    kept, steps = optimiser.reset(weight), []
    for _ in range(6):
        before = weight.clone()
        optimiser.step([weight], [torch.ones(1)], [kept], 0.5)
        steps.append(float(before - weight))
    torch.testing.assert_close(torch.tensor(steps), 0.5 * torch.tensor([1.0, 0.8, 0.6, 0.4, 0.2, 0.2]))


def test_a_layer_that_learns_seldom_has_steps_that_fall_by_its_own_count():
    optimiser, often, seldom = LinearDecay(4, 0.0, SGD(1.0)), torch.zeros(1), torch.zeros(1)
    kept = [optimiser.reset(often), optimiser.reset(seldom)]
    optimiser.step([often], [torch.ones(1)], kept[:1], 1.0)
    optimiser.step([often], [torch.ones(1)], kept[:1], 1.0)
    optimiser.step([often, seldom], [torch.ones(1), torch.ones(1)], kept, 1.0)
    assert (float(often), float(seldom)) == (-2.25, -1.0)


def test_steps_that_do_not_fall_are_those_of_the_optimiser():
    for optimiser, _ in PAIRS.values():
        wrapped, plain = torch.ones(4), torch.ones(4)
        both = LinearDecay(3, 1.0, optimiser)
        kept, own = both.reset(wrapped), optimiser.reset(plain)
        for gradient in torch.randn(5, 4, generator=torch.Generator().manual_seed(0)):
            both.step([wrapped], [gradient], [kept], 0.5)
            optimiser.step([plain], [gradient], [own], 0.5)
        assert torch.equal(wrapped, plain)


@pytest.mark.parametrize(
    ("settings", "says"), [((0, 0.1), "at least 1"), ((5, 1.5), r"\[0, 1\]"), ((5, -0.1), r"\[0, 1\]")]
)
def test_a_fall_that_makes_no_sense_is_refused(settings, says):
    with pytest.raises(ConfigurationError, match=says):
        LinearDecay(*settings)


@pytest.mark.parametrize("name", PAIRS)
def test_a_rate_is_a_factor_on_the_step(name):
    ours, _ = PAIRS[name]
    one, half = torch.ones(4), torch.ones(4)
    for weight, rate in ((one, 1.0), (half, 0.5)):
        ours.step([weight], [torch.tensor([1.0, -2.0, 3.0, 4.0])], [ours.reset(weight)], rate)
    assert torch.allclose((1 - half) * 2, 1 - one, rtol=1e-5)


def learner(**changes):
    rule = ContrastiveHinge(0.5, 2.0, width=6)
    settings = {"optimiser": SGD(0.05), "calibration": Calibration(0)} | changes
    return Learner(tiny_encoder(), rule, ShortTermMemory(4), [OwnMemory((1, 2))], **settings)


@pytest.mark.parametrize("every", [2, 3])
def test_an_update_every_n_ticks_takes_the_mean_of_n_gradients(every):
    """The gradients themselves come from one-tick learners that start from the same state."""
    slow, quick = learner(optimiser=SGD(0.05, every=every)), learner()
    state, twin = doubled(slow, 4), doubled(quick, 4)
    twin_weights = snapshot({k: twin[k] for k in ("layers", "rule")})
    steps = []
    for glimpse in glimpses(4, 4 * every, dtype=torch.float64):
        state, _ = slow.step(state, glimpse)
        twin, _ = quick.step(twin, glimpse)
        after = flatten({k: twin[k] for k in ("layers", "rule")})
        steps.append({k: after[k] - v for k, v in flatten(twin_weights).items()})
        if len(steps) == every:  # apply the mean of the steps, where the slow learner applies the mean gradient
            for key, value in flatten(twin_weights).items():
                value.add_(sum(step[key] for step in steps) / every)
            steps = []
        for key, value in flatten(twin_weights).items():
            found = flatten({k: state[k] for k in ("layers", "rule")})[key]
            assert (found - value).abs().max() < 1e-12, (key, glimpse.tick)
        for key in ("layers", "rule"):
            twin[key] = snapshot(twin_weights)[key]
    assert state["updates"].tolist() == [4, 4, 4]
    assert not any(t.any() for t in flatten(state["gradients"]).values())


def test_updates_are_counted_where_they_are_made():
    state, _ = drive(learner(optimiser=SGD(0.05, every=4), schedule=Randomised()), ticks=22)
    assert state["updates"].sum() == 5
    assert drive(learner(), ticks=22)[0]["updates"].tolist() == [22, 22, 22]


def test_averaging_begins_after_calibration():
    agent = learner(optimiser=SGD(0.05, every=4), calibration=Calibration(6))
    for ticks, updates in ((9, 0), (10, 1), (13, 1), (14, 2)):
        assert drive(agent, ticks=ticks)[0]["updates"].tolist() == [updates] * 3


@pytest.mark.parametrize("streams", [1, 8])
def test_the_mean_over_streams_and_not_the_sum_is_learnt(streams):
    """Streams that see the same teach what one of them teaches."""
    agent = learner()
    state = doubled(agent, streams)
    for glimpse in glimpses(1, 6, dtype=torch.float64):
        same = type(glimpse)(glimpse.frame.repeat(streams, 1, 1, 1), glimpse.saccade.repeat(streams), glimpse.tick, 0.0)
        state, _ = agent.step(state, same)
    single = doubled(agent, 1)
    for glimpse in glimpses(1, 6, dtype=torch.float64):
        single, _ = agent.step(single, glimpse)
    for (key, one), many in zip(flatten(single["layers"]).items(), flatten(state["layers"]).values(), strict=True):
        assert (one - many).abs().max() < 1e-12, key


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Adam(-0.1), r"Adam.learning_rate must be 0 or more \(got -0.1\)"),
        (lambda: Adam(beta1=1.0), r"Adam.beta1 must lie in \[0, 1\) \(got 1.0\)"),
        (lambda: Adam(beta2=-0.1), "Adam.beta2"),
        (lambda: SGD(momentum=1.0), "SGD.momentum"),
        (lambda: RMSProp(alpha=1.0), "RMSProp.alpha"),
        (lambda: Orthogonal(beta=1.0), r"Orthogonal.beta must lie in \[0, 1\) \(got 1.0\)"),
        (lambda: SGD(every=0), r"SGD.every must be at least 1 tick \(got 0\)"),
    ],
)
def test_nonsense_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_the_ledger_tells_what_optimisers_keep():
    peers = {"contrasts": [OwnMemory(negative=0.0), PeerMemory(2)]}
    plain, momentum, adam = (
        Learner(tiny_encoder(), optimiser=o, **peers).reset for o in (SGD(), SGD(momentum=0.9), Adam())
    )
    sizes = [kept(reset) for reset in (plain, momentum, adam)]
    assert sizes[0] == 0 < sizes[1] < sizes[2]
    orthogonal = kept(Learner(tiny_encoder(), optimiser=Orthogonal(SGD(momentum=0.9)), **peers).reset)
    assert orthogonal == 2 * sizes[1]


def kept(reset):
    from ..driving import CPU, sensor

    return sum(t.nbytes for name, t in flatten(reset(sensor(), 4, 0, CPU)).items() if name.startswith("optimiser."))


@pytest.mark.parametrize("predictors", [(), (3,)])
@pytest.mark.parametrize("team", [Alone(), Quiet()], ids=["alone", "a member"])
def test_factors_that_wait_in_an_earlier_checkpoint_count_although_their_layer_rests(predictors, team):
    """Versions before kept the ticks of each predictor together, room for sixteen of them; here five wait."""
    updates = Updates(SGD(1.0, every=2), 1.0, ("slow",), team)
    weights = {"layers": {"slow": {}}, "rule": {"slow": {"pred": torch.zeros(*predictors, 2, 4)}}}
    state = {**weights, **updates.reset(weights)}
    left, right = (drawn(*predictors, 16 * 7, width, seed=width).float() for width in (2, 4))
    held = {"left": left, "right": right, "count": torch.tensor(5)}
    state["products"] = {"slow": {"pred": held}}
    updates.apply(state, {}, {}, ["slow"], 1)
    expected = -(left[..., :35, :].mT @ right[..., :35, :]) / 2
    torch.testing.assert_close(state["rule"]["slow"]["pred"], expected)
    assert not state.get("products")
