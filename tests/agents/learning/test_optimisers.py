"""Optimisers against torch.optim, and updates that are averaged over ticks against their arithmetic."""

import pytest
import torch

from streamsim.agents import (
    SGD,
    Adam,
    Calibration,
    ContrastiveHinge,
    Learner,
    OwnMemory,
    PeerMemory,
    Randomised,
    RMSProp,
    ShortTermMemory,
)
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.tree import flatten, snapshot

from ..driving import doubled, drive, glimpses, tiny_encoder

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


def kept(reset):
    from ..driving import CPU, sensor

    return sum(t.nbytes for name, t in flatten(reset(sensor(), 4, 0, CPU)).items() if name.startswith("optimiser."))
