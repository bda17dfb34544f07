"""Supervised learning against cross-entropy, by autograd and by hand; and that nothing is remembered for it."""

import math

import pytest
import torch
from torch.nn import functional

from streamsim.agents import (
    CLAPP,
    SGD,
    Adam,
    BackPropagation,
    Calibration,
    ContrastBatch,
    Conv,
    Encoder,
    Learner,
    RandomFeedback,
    Supervised,
    UpdatedRandomFeedback,
    Window,
)
from streamsim.contracts import ConfigurationError, Glimpse, digest, flatten, unflatten

from ..driving import CPU, multiplied, sensor, tiny_encoder
from ..numbers import close, drawn

GROUPS, LAGS, STREAMS, SHAPE, CLASSES = 2, 2, 6, (3, 2, 2), 4
FEEDBACKS = [BackPropagation, RandomFeedback, UpdatedRandomFeedback]


def problem(feedback=BackPropagation):
    rule = Supervised(CLASSES, feedback())
    generator = torch.Generator().manual_seed(3)
    parameters = {name: w.double() * 2 for name, w in rule.parameters(SHAPE, LAGS, generator).items()}
    z = drawn(STREAMS, *SHAPE, seed=1)
    weight, labels = drawn(GROUPS, LAGS, STREAMS, seed=5).abs(), torch.tensor([0, 1, 2, 3, -1, 0])
    nothing = weight.new_zeros(GROUPS, LAGS, STREAMS, 0)
    batch = ContrastBatch(z, rule.read(parameters, z), nothing, weight.sign(), weight, labels=labels)
    return rule, parameters, batch


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_it_is_the_cross_entropy_of_a_linear_head(feedback):
    rule, parameters, batch = problem(feedback)
    factors = rule.learn(parameters, batch)
    z, head = batch.z.clone().requires_grad_(), parameters["head"].clone().requires_grad_()
    flat = z.permute(0, 2, 3, 1).flatten(1)
    held = flat.detach()
    logits = held @ head.T + (flat - held) @ parameters.get("feedback", head).detach().T
    loss = functional.cross_entropy(logits, batch.labels, reduction="none", ignore_index=-1)
    (loss * batch.weight).sum().backward()
    close(factors.delta, z.grad)
    close(multiplied(factors)["head"], head.grad)
    close(factors.loss, loss.detach().expand_as(batch.weight))
    assert factors.active[0, 0].tolist() == [1, 1, 1, 1, 0, 1]
    assert not factors.delta[4].any()


def test_a_loop_over_units_agrees():
    rule, parameters, batch = problem()
    factors, head = rule.learn(parameters, batch), parameters["head"].tolist()
    for s, label in enumerate(batch.labels.tolist()):
        z = batch.z[s].permute(1, 2, 0).flatten().tolist()
        x = [sum(v * f for v, f in zip(row, z, strict=True)) for row in head]
        p = [math.exp(v) / sum(map(math.exp, x)) for v in x]
        error = [(p[k] - (k == label)) * (label >= 0) for k in range(CLASSES)]
        share = float(batch.weight[..., s].sum())
        dz = [share * sum(error[k] * head[k][i] for k in range(CLASSES)) for i in range(len(z))]
        close(factors.delta[s].permute(1, 2, 0).flatten(), torch.tensor(dz, dtype=torch.float64))
        assert float(factors.score[0, 0, s]) == pytest.approx(p[label] if label >= 0 else 0, abs=1e-12)


def test_by_hand():
    """Two classes, of which the head says nothing yet; the first stream shows the second, the other nobody knows."""
    rule, own = Supervised(2), {"head": torch.zeros(2, 2)}
    z, share = torch.tensor([[1.0, -2.0], [3.0, 4.0]]), torch.full((1, 1, 2), 0.5)
    batch = ContrastBatch(z, rule.read(own, z), share[..., None][..., :0], share, share, labels=torch.tensor([1, -1]))
    factors = rule.learn(own, batch)
    assert factors.loss.flatten().tolist() == pytest.approx([math.log(2), 0])
    assert factors.score.flatten().tolist() == [0.5, 0]
    assert multiplied(factors)["head"].tolist() == [[0.25, -0.5], [-0.25, 0.5]]


def glimpses(streams, ticks, label=True):
    """Frames whose left half is bright if their class is 1, in another place in every frame."""
    generator = torch.Generator().manual_seed(0)
    for tick in range(ticks):
        classes = torch.randint(2, (streams,), generator=generator)
        frame = torch.rand(streams, 1, 8, 8, generator=generator)
        frame[..., :4] *= 0.3 + 0.7 * classes[:, None, None, None]
        saccade = torch.ones(streams, dtype=torch.bool)
        yield Glimpse(frame, saccade, tick, tick / 10, classes if label else None)


def live(learner, ticks, streams=8):
    state, rows = learner.reset(sensor(), streams, 0, CPU), []
    for glimpse in glimpses(streams, ticks):
        state, report = learner.step(state, glimpse)
        rows.append(report.metrics)
    return state, rows


def test_every_layer_learns_to_name_what_is_shown():
    learner = Learner(tiny_encoder(), Supervised(2), contrasts=[], optimiser=Adam(3e-3), calibration=Calibration(0))
    _, rows = live(learner, 120)
    first, last = (torch.stack(part).mean(0)[:, 0] for part in (rows[:10], rows[-10:]))
    assert float(first.min()) > 0.5
    assert float(last.max()) < 0.35


def test_nothing_is_remembered():
    learner = Learner(tiny_encoder(), Supervised(2))
    state, _ = live(learner, 12)
    assert "memory" not in state
    ledger = learner.ledger(state)
    assert ledger.roles["labels"] == 0
    assert set(ledger.roles) == {"weights", "optimiser", "bookkeeping", "labels"}
    assert ledger.short_term == 0
    assert learner.describe() == "nothing of the past"


def test_nothing_is_told_of_pairs():
    learner = Learner(tiny_encoder(), Supervised(2))
    state = learner.reset(sensor(), 4, 0, CPU)
    _, report = learner.step(state, next(glimpses(4, 1)))
    assert (report.comparison, report.likeness) == (None, None)


def test_contrasts_that_are_of_no_account_are_told_of():
    (sentence,) = Learner(rule=Supervised(2)).advice()
    assert "contrasts and memory are of no account" in sentence
    assert Learner(rule=Supervised(2), contrasts=[]).advice() == ()
    with pytest.raises(ConfigurationError, match="must name at least one contrast"):
        Learner(rule=CLAPP(), contrasts=[])


def test_streams_that_see_two_things_at_once_learn_nothing():
    """A window over two frames, each of which is of something else."""
    encoder = Encoder([Window(Conv(3), 2, 1)])
    learner = Learner(encoder, Supervised(2), contrasts=[], optimiser=SGD(0.1), calibration=Calibration(0))
    state, rows = live(learner, 6)
    drawn_ = learner.reset(sensor(), 8, 0, CPU)
    assert torch.equal(state["layers"]["layer1"]["weight"], drawn_["layers"]["layer1"]["weight"])
    assert not any(float(row[0, 0]) for row in rows)


def test_a_state_that_was_stored_goes_on():
    learner = Learner(tiny_encoder(), Supervised(2), contrasts=[], optimiser=SGD(0.1, every=2))
    state, _ = live(learner, 14)
    restored = unflatten({name: t.clone() for name, t in flatten(state).items()})
    for glimpse in list(glimpses(8, 17))[14:]:
        state, _ = learner.step(state, glimpse)
        restored, _ = learner.step(restored, glimpse)
    assert digest(state) == digest(restored)


def test_a_frame_without_its_label_is_refused():
    learner = Learner(tiny_encoder(), Supervised(2), contrasts=[])
    state = learner.reset(sensor(), 4, 0, CPU)
    with pytest.raises(ConfigurationError, match=r"Supervised learns from labels, but the agent was told none"):
        learner.step(state, next(glimpses(4, 1, label=False)))


@pytest.mark.parametrize(
    ("classes", "rate", "message"), [(1, 1.0, "classes must be at least 2"), (2, -1.0, "rate must")]
)
def test_nonsense_is_refused(classes, rate, message):
    with pytest.raises(ConfigurationError, match=message):
        Supervised(classes, rate=rate)
