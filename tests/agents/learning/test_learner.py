"""The learner: schedules, calibration, feedback, bfloat16, and what it tells of itself."""

from fractions import Fraction

import pytest
import torch

from streamsim.agents import (
    CLAPP,
    SGD,
    AllLayers,
    BackPropagation,
    Calibration,
    ContrastiveHinge,
    Conv,
    Encoder,
    FixationAnchor,
    Greedy,
    LatestOwn,
    Learner,
    Linear,
    OwnMemory,
    PeerMemory,
    RandomFeedback,
    Randomised,
    RunningNorm,
    ShortTermMemory,
    SmallEncoder,
    TangCifarEncoder,
    TangEmnistEncoder,
    Transparent,
    UpdatedRandomFeedback,
    VGG6Encoder,
)
from streamsim.contracts.errors import ConfigurationError
from streamsim.contracts.records import Sensor
from streamsim.contracts.tree import digest, flatten, leaves, snapshot, unflatten

from ..driving import CPU, drive, glimpses, sensor, tiny_encoder

LAYERS = ("layer1", "layer2", "layer3")


def learner(rule=None, **changes):
    settings = {
        "memory": ShortTermMemory(4),
        "contrasts": [OwnMemory((1, 2), negative=0.5), PeerMemory(2, (1, 2))],
        "optimiser": SGD(0.05),
        "calibration": Calibration(0),
        "retina": Transparent(),
    }
    return Learner(tiny_encoder(), rule or ContrastiveHinge(0.5, 2.0, width=6), **settings | changes)


def weights(state):
    return snapshot({kind: state[kind] for kind in ("layers", "rule", "optimiser")})


def of_layer(tree, layer):
    return {key: value for key, value in flatten(tree).items() if key.split(".")[1] == layer or f".{layer}." in key}


@pytest.mark.parametrize("rule", [CLAPP(gain=3.0), ContrastiveHinge(0.5, 2.0, width=6)], ids=["CLAPP", "hinge"])
@pytest.mark.parametrize("schedule", [Greedy(5), Randomised(), AllLayers()])
def test_a_schedule_updates_the_layers_it_chooses_and_no_other(schedule, rule):
    agent = learner(rule, schedule=schedule, optimiser=SGD(0.05, momentum=0.5))
    state, chosen = agent.reset(sensor(), 4, 0, CPU), []
    before, counts = weights(state), state["updates"].tolist()
    for glimpse in glimpses(4, 20):
        state, _ = agent.step(state, glimpse)
        learnt = [n for n in range(3) if state["updates"][n] > counts[n]]
        chosen.append(learnt)
        for number, layer in enumerate(LAYERS):
            same = all(torch.equal(v, of_layer(before, layer)[k]) for k, v in of_layer(weights(state), layer).items())
            assert same or number in learnt
            assert not (same and number in learnt and glimpse.tick > 8 and state["memory"]["1"]["now"].max() < 2)
        before, counts = weights(state), state["updates"].tolist()
    if isinstance(schedule, Greedy):
        assert chosen == [[0]] * 5 + [[1]] * 5 + [[2]] * 10
    elif isinstance(schedule, Randomised):
        assert all(len(learnt) == 1 for learnt in chosen)
        assert {learnt[0] for learnt in chosen} == {0, 1, 2}
    else:
        assert chosen == [[0, 1, 2]] * 20


def test_every_layer_really_learns():
    agent = learner(CLAPP(gain=3.0))
    before = weights(agent.reset(sensor(), 4, 0, CPU))
    after = weights(drive(agent)[0])
    for (key, old), new in zip(leaves(before), flatten(after).values(), strict=True):
        assert not torch.equal(old, new), key


def test_layers_that_do_not_learn_are_reported_as_undefined():
    _, reports = drive(learner(schedule=Greedy(100)), ticks=5)
    assert not reports[-1].metrics[0, 0].isnan()
    assert reports[-1].metrics[1:].isnan().all()


def test_metrics_are_plain_means_of_the_pairs():
    agent = learner(contrasts=[OwnMemory((1, 2), positive=1.0, negative=0.5)])
    state = agent.reset(sensor(), 4, 0, CPU)
    for glimpse in glimpses(4, 9):
        old, memory = snapshot(state), snapshot(state["memory"]["1"])
        state, report = agent.step(state, glimpse)
    compared, near, far = report.comparison, agent.rule.near, agent.rule.far
    for row, layer in enumerate(agent.layers):
        z = agent.features(old, glimpse.frame)[layer]
        now = agent.rule.read(old["rule"][layer], z)
        loss, told = 0.0, {True: [], False: []}
        for pair in range(2):
            for stream in range(4):
                slot = int(compared.birth[pair, stream]) % 4
                past = memory["values"][slot, stream].split(6)[row]
                distance, same = float((past - now[stream]).abs().sum()), bool(compared.same[pair, stream])
                hinge = max(0.0, distance - near if same else far - distance)
                loss += float(compared.weight[pair, stream]) * hinge
                told[same].append((float(hinge > 0), distance))
        means = [[sum(x) / len(x) for x in zip(*told[same], strict=True)] for same in (True, False)]
        expected = [loss, means[0][0], means[1][0], means[0][1], means[1][1]]
        assert report.metrics[row].tolist() == pytest.approx(expected, rel=1e-4)
    assert agent.quantities == ("loss", "active_same", "active_other", "score_same", "score_other")


def test_a_mean_over_no_pairs_is_undefined():
    _, reports = drive(learner(contrasts=[OwnMemory()]), ticks=2, saccades=0.0)
    assert reports[0].metrics[:, 1:].isnan().all()
    assert reports[1].metrics[0].isnan().tolist() == [False, False, True, False, True]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_updated_feedback_keeps_its_distance_from_the_head(momentum):
    rule = ContrastiveHinge(0.5, 2.0, width=6, feedback=UpdatedRandomFeedback(), calibrate=None)
    agent = learner(rule, optimiser=SGD(0.05, momentum))
    state = agent.reset(sensor(), 4, 0, CPU)
    before = snapshot(state["rule"])
    state, _ = drive(agent, state=state, ticks=30)
    for layer in LAYERS:
        old, new = before[layer], state["rule"][layer]
        assert (new["head"] - old["head"]).abs().max() > 1e-3
        torch.testing.assert_close(new["head"] - new["feedback"], old["head"] - old["feedback"], atol=1e-6, rtol=0)


def test_random_feedback_never_changes():
    agent = learner(ContrastiveHinge(0.5, 2.0, width=6, feedback=RandomFeedback(), calibrate=None))
    state = agent.reset(sensor(), 4, 0, CPU)
    before = snapshot(state["rule"])
    state, _ = drive(agent, state=state, ticks=30)
    for layer in LAYERS:
        assert torch.equal(before[layer]["feedback"], state["rule"][layer]["feedback"])
        assert not torch.equal(before[layer]["head"], state["rule"][layer]["head"])


def test_a_rate_of_zero_keeps_the_rules_own_weights():
    agent = learner(CLAPP(gain=3.0, rate=0.0))
    state = agent.reset(sensor(), 4, 0, CPU)
    before = weights(state)
    after = weights(drive(agent, state=state)[0])
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(leaves(before["rule"]), leaves(after["rule"]), strict=True))
    assert not any(
        torch.equal(a, b) for (_, a), (_, b) in zip(leaves(before["layers"]), leaves(after["layers"]), strict=True)
    )


@pytest.mark.parametrize("feedback", [BackPropagation(), RandomFeedback()])
def test_calibration_makes_unrelated_views_2_5_apart_on_average(feedback):
    """The mean is over the very pairs that were met while the agent only looked."""
    rule = ContrastiveHinge(width=6, feedback=feedback)
    agent = learner(rule, calibration=Calibration(8), contrasts=[OwnMemory(negative=0.0), PeerMemory(3)])
    state, met = agent.reset(sensor(), 6, 0, CPU), []
    before = weights(state)
    for glimpse in glimpses(6, 9):
        if glimpse.tick == 8:
            after = snapshot(state)
            break
        memory = snapshot(state["memory"]["1"])
        met.append((glimpse, memory))
        state, report = agent.step(state, glimpse)
        met[-1] += (report.comparison,)
    assert after["updates"].tolist() == [0, 0, 0]
    for row, layer in enumerate(LAYERS):
        for key, weight in before["layers"][layer].items():
            assert torch.equal(after["layers"][layer][key], weight)
        factors = {float((after["rule"][layer][k] / before["rule"][layer][k]).mean()) for k in before["rule"][layer]}
        assert max(factors) == pytest.approx(min(factors), rel=1e-5)
        distances = []
        for glimpse, memory, compared in met[1:]:
            now = rule.read(after["rule"][layer], agent.features(after, glimpse.frame)[layer])
            slot = (glimpse.tick - 1) % 4
            past = memory["values"][slot].split(6, -1)[row] * max(factors)
            distances += [(past[compared.stream[pair]] - now).abs().sum(-1) for pair in range(1, 4)]
        assert torch.cat(distances).mean().item() == pytest.approx(2.5, rel=1e-4)
    # what is remembered is scaled too: the last frame's read-out is that of the scaled heads
    now = torch.cat([rule.read(after["rule"][n], agent.features(after, met[-1][0].frame)[n]) for n in LAYERS], -1)
    torch.testing.assert_close(after["memory"]["1"]["values"][7 % 4], now)


def test_calibration_can_give_every_unit_a_drive_of_mean_0_and_variance_1():
    agent = learner(calibration=Calibration(4, drive=True))
    seen, state = list(glimpses(64, 5)), agent.reset(sensor(), 64, 0, CPU)
    for glimpse in seen[:4]:
        state, _ = agent.step(state, glimpse)
    # phases of one tick: layer 1 looked at tick 0, layer 2 at tick 1, layer 3 at tick 2, the rule at tick 3
    for tick, (layer, name) in enumerate(zip(agent.encoder.layers, LAYERS, strict=True)):
        x = seen[tick].frame if tick == 0 else agent.features(state, seen[tick].frame)[LAYERS[tick - 1]]
        drive_ = layer.preactivation(state["layers"][name], x).transpose(0, 1).flatten(1)
        torch.testing.assert_close(drive_.mean(1), torch.zeros(len(drive_)), atol=1e-3, rtol=0)
        torch.testing.assert_close(drive_.var(1, correction=0), torch.ones(len(drive_)), atol=1e-3, rtol=0)
    assert "drive" not in state["calibration"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Calibration(-1), "Calibration.ticks must be 0 or more"),
        (lambda: Calibration(0, drive=True), "Calibration.drive needs ticks"),
        (lambda: drive(learner(calibration=Calibration(3, drive=True)), ticks=1), "must be at least 4 for 3 layers"),
        (lambda: Greedy(0), "Greedy.ticks must be at least 1"),
        (lambda: Encoder([]), "must name at least one layer"),
        (lambda: VGG6Encoder(width=0.0), "width must be positive"),
    ],
)
def test_nonsense_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


# the hinge goes by the sign of differences, which rounding turns where two views are nearly alike
@pytest.mark.parametrize(
    ("rule", "ticks", "tolerance"), [(CLAPP(gain=2.0), 6, 0.02), (ContrastiveHinge(0.5, 2.0, width=6), 2, 0.2)]
)
def test_bfloat16_is_close_and_keeps_weights_in_float32(rule, ticks, tolerance):
    plain, half = learner(rule), learner(rule, bfloat16=True)
    first = flatten(weights(plain.reset(sensor(), 32, 0, CPU)))
    (one, reports), (other, rounded) = drive(plain, 32, ticks), drive(half, 32, ticks)
    assert rounded[-1].activity["layer1"].dtype is torch.bfloat16
    moved = [[], []]
    for key, start in first.items():
        for tree, steps in zip((one, other), moved, strict=True):
            weight = flatten(weights(tree))[key]
            assert weight.dtype is torch.float32
            steps.append((weight - start).flatten())
    exact, approximate = (torch.cat(steps) for steps in moved)
    assert (exact - approximate).norm() < tolerance * exact.norm()
    torch.testing.assert_close(rounded[-1].metrics, reports[-1].metrics, rtol=0.1, atol=0.03, equal_nan=True)
    assert all(f.dtype is torch.float32 for f in half.features(other, torch.rand(2, 1, 8, 8)).values())


@pytest.mark.parametrize("layers", [3, 12])
def test_traces_survive_the_alphabet(layers):
    """A saved state comes back in alphabetical order, in which layer10 is before layer2."""
    encoder = Encoder([Conv(2, gain=2.0) for _ in range(layers)])
    agent = Learner(encoder, CLAPP(gain=3.0), contrasts=[OwnMemory((1, 2))], calibration=Calibration(0))
    state, _ = drive(agent, ticks=6)
    again = unflatten(flatten(snapshot(state)))
    one, _ = drive(agent, state=state, ticks=8, start=6)
    other, _ = drive(agent, state=again, ticks=8, start=6)
    for (key, a), (_, b) in zip(leaves(one), leaves(other), strict=True):
        assert torch.equal(a, b), key


def test_a_trace_is_kept_as_long_as_a_lag_needs_it():
    agent = learner(CLAPP(), contrasts=[OwnMemory((1, 3))])
    assert sorted(drive(agent, ticks=9)[0]["traces"]["1"]) == ["1", "2", "3"]
    assert "traces" not in drive(learner(CLAPP(retrodict=False)), ticks=3)[0]
    assert "traces" not in drive(learner(), ticks=3)[0]


def test_anchors_of_fixations_can_be_learnt_from():
    agent = learner(
        ContrastiveHinge(0.5, 5.0, width=6),
        memory=ShortTermMemory(3, policy=FixationAnchor()),
        contrasts=[LatestOwn(1, 2)],
    )
    _, reports = drive(agent, ticks=20)
    assert (reports[-1].comparison.weight > 0).sum() > 4


def test_angles_are_told_per_layer():
    agent = learner(ContrastiveHinge(feedback=RandomFeedback(), width=6))
    assert list(agent.alignments(agent.reset(sensor(), 3, 0, CPU))) == [f"{n}: head, feedback" for n in LAYERS]


def test_filters_are_those_of_the_first_layer_if_it_has_any():
    assert learner().filters(learner().reset(sensor(), 3, 0, CPU)).shape == (4, 1, 3, 3)
    dense = Learner(Encoder([Linear(3)]))
    assert dense.filters(dense.reset(sensor(), 8, 0, CPU)) is None


@pytest.mark.parametrize(
    ("encoder", "frame", "shapes"),
    [
        (SmallEncoder(), (1, 32, 32), [(32, 16, 16), (64, 8, 8), (128, 4, 4), (256, 2, 2)]),
        (TangCifarEncoder(), (3, 32, 32), [(32, 32, 32), (32, 16, 16), (64, 16, 16), (64, 8, 8), (512, 4, 4)]),
        (TangEmnistEncoder(0.5), (1, 28, 28), [(16, 14, 14), (32, 7, 7), (64, 3, 3)]),
        (
            VGG6Encoder(),
            (1, 16, 16),
            [(128, 16, 16), (256, 8, 8), (256, 8, 8), (512, 4, 4), (1024, 2, 2), (1024, 1, 1)],
        ),
        (
            VGG6Encoder(0.001, average_pool=True),
            (1, 16, 16),
            [(1, 16, 16), (1, 8, 8), (1, 8, 8), (1, 4, 4), (1, 2, 2), (1, 1, 1)],
        ),
    ],
)
def test_the_papers_encoders_have_the_papers_shapes(encoder, frame, shapes):
    assert encoder.shapes(frame) == [frame, *shapes]
    assert encoder.names == tuple(f"layer{n}" for n in range(1, len(shapes) + 1))


def test_nothing_from_before_a_rescaling_is_remembered():
    calibration = Calibration(9, drive=True)
    agent = learner(CLAPP(), contrasts=[OwnMemory((1, 2))], calibration=calibration)
    state = agent.reset(sensor(), 4, 0, CPU)
    last = -1
    for tick in range(12):
        state, _ = drive(agent, 4, tick + 1)
        if calibration.phase(tick, len(LAYERS)) < len(LAYERS) and calibration.ends(tick, len(LAYERS)):
            last = tick
            assert "traces" not in state
        born = state["memory"]["1"]["birth"]
        assert (born[born >= 0] > last).all()
    assert last > 0


def test_two_lives_of_one_learner_do_not_mix():
    """One learner may serve worlds of different frames and periods: what differs is in the state."""
    agent = learner(contrasts=[OwnMemory((1,))])
    alone, _ = drive(agent, 4, 6)
    agent.reset(Sensor((1, 16, 16), 0.0, 1.0, Fraction(1, 2)), 4, 0, CPU)
    again, _ = drive(agent, 4, 6)
    assert digest(alone) == digest(again)


def test_a_learner_says_where_its_pairs_come_from():
    own = learner(contrasts=[OwnMemory((1, 9))])
    assert own.describe() == "positives and negatives from the stream's own past at lag 1"
    assert learner().describe() == (
        "positives and negatives from the stream's own past at lags 1, 2; negatives from 2 other streams at lags 1, 2"
    )


def test_a_learner_whose_running_statistics_begin_with_its_learning_says_so():
    normalised = Encoder([Conv(3, norm=RunningNorm())])
    (sentence,) = Learner(normalised, calibration=Calibration(0)).advice()
    assert "learn without having looked" in sentence
    assert Learner(normalised, calibration=Calibration(4)).advice() == ()
    assert Learner(calibration=Calibration(0)).advice() == ()
