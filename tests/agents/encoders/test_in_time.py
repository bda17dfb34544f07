"""Layers with a past: piece by piece they compute what the whole signal gives; a learner credits what it should."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from streamsim import ConfigurationError, Glimpse, MemoryCapError, Sensor
from streamsim.agents import (
    CLAPP,
    GRU,
    SGD,
    Adam,
    Calibration,
    CausalConv,
    ContrastiveHinge,
    Conv,
    CPCAudioEncoder,
    DeferredCredit,
    Encoder,
    EProp,
    FixationAnchor,
    GlobalContrastNorm,
    Greedy,
    ImmediateCredit,
    LatestOwn,
    Learner,
    Linear,
    MaxPool,
    OwnMemory,
    PeerMemory,
    Reservoir,
    RunningNorm,
    ShortTermMemory,
    Tanh,
    Transparent,
    Transposed,
    TruncatedBPTT,
    VideoEncoder,
    Window,
)
from streamsim.agents.learning import updates
from streamsim.checks.agent import check_agent
from streamsim.contracts.tree import flatten, snapshot, transform

from ..driving import CPU
from ..numbers import drawn

TOLERANCE = 1e-12


def doubled(state):
    return transform(lambda t: t.double() if t.is_floating_point() else t, state)


def weights_of(encoder, shape, seed=0):
    generator, shapes = torch.Generator().manual_seed(seed), encoder.shapes(shape)
    pairs = zip(encoder.names, encoder.layers, shapes, strict=False)
    return doubled({name: layer.parameters(below, generator) for name, layer, below in pairs})


def saccades(streams, ticks, chance, seed):
    began = torch.rand(ticks, streams, generator=torch.Generator().manual_seed(seed)) < chance
    began[0] = True
    return began


def streamed(encoder, weights, frames, began):
    """Yield tick, age and the activity of the layers that act, tick by tick."""
    ticks, streams, *shape = frames.shape
    carried = doubled(encoder.carried(tuple(shape), streams))
    age = torch.zeros(streams, dtype=torch.int64)
    for tick in range(ticks):
        age = torch.where(began[tick], 0, age + 1)
        carried, tapes = encoder.advance(weights, carried, frames[tick], age, tick)
        yield tick, age, {name: tape["z"] for name, tape in tapes.items()}


def fixations(began):
    """Yield stream, first tick and the tick after the last of every fixation."""
    ticks, streams = began.shape
    for stream in range(streams):
        starts = [t for t in range(ticks) if began[t, stream]]
        for start, end in zip(starts, [*starts[1:], ticks], strict=True):
            yield stream, start, end


def offline_audio(encoder, weights, signal):
    """Every layer's activity for one whole signal (channels, samples); silence comes before it, nothing after."""
    found, z = {}, signal[None]
    for name, layer in zip(encoder.names, encoder.layers, strict=True):
        w = weights[name]
        z = F.relu(F.conv1d(F.pad(z, (layer.kernel - layer.stride, 0)), w["weight"], w["bias"], layer.stride))
        found[name] = z[0]
    return found


AUDIO = [
    CPCAudioEncoder(5, depth=5, gain=2.0),
    Encoder([CausalConv(3, 7, 7, gain=2.0), CausalConv(4, 3, 1, gain=2.0)]),
    Encoder([CausalConv(3, 9, 2, gain=2.0), CausalConv(6, 25, 5, gain=2.0), CausalConv(9, 2, 1, gain=2.0)]),
]


@pytest.mark.parametrize("encoder", AUDIO)
@pytest.mark.parametrize(("chance", "seed"), [(0.0, 1), (0.15, 2), (0.5, 3)])
def test_pieces_of_a_signal_give_what_the_whole_signal_gives(encoder, chance, seed):
    columns = {7: 35, 9: 20}.get(encoder.layers[0].kernel, 160)
    streams, ticks = 3, 12
    weights, frames = weights_of(encoder, (2, columns)), drawn(ticks, streams, 2, columns, seed=seed)
    began = saccades(streams, ticks, chance, seed)
    online = {name: [] for name in encoder.names}
    for _, _, activity in streamed(encoder, weights, frames, began):
        for name, z in activity.items():
            online[name].append(z)
    for stream, start, end in fixations(began):
        whole = offline_audio(encoder, weights, torch.cat(list(frames[start:end, stream]), -1))
        for name, z in online.items():
            pieces = torch.cat([z[tick][stream] for tick in range(start, end)], -1)
            assert float((pieces - whole[name]).abs().max()) < TOLERANCE
            assert float(whole[name].mean()) > 1e-3


def offline_video(encoder, weights, clip):
    """Every layer's activity for whole windows of a clip (frames, channels, height, width)."""
    found, z = {}, clip.transpose(0, 1)[None]
    for name, layer in zip(encoder.names, encoder.layers, strict=True):
        if z.shape[2] < layer.window[0]:
            break
        inner, (extent, stride) = getattr(layer, "layer", layer), layer.window
        w = weights[name]["weight"]
        w = w.unflatten(1, (extent, -1)).transpose(1, 2)
        z = F.conv3d(
            z,
            w,
            weights[name]["bias"],
            (stride, inner.stride, inner.stride),
            (0, inner.padding, inner.padding),
        )
        size, step = inner.pool.size, inner.pool.stride
        z = F.relu(F.max_pool3d(z, (1, size, size), (1, step, step)))
        found[name] = z[0].transpose(0, 1)
    return found


VIDEO = [
    (VideoEncoder(0.02, gain=2.0), 83),
    (
        Encoder([Conv(2, gain=2.0), Window(Conv(3, pool=MaxPool(2), gain=2.0), 2, 1), Window(Conv(2, gain=2.0), 3, 2)]),
        6,
    ),
]


@pytest.mark.parametrize(("encoder", "side"), VIDEO)
@pytest.mark.parametrize("chance", [0.0, 0.1])
def test_windows_of_a_clip_give_what_the_whole_clip_gives(encoder, side, chance):
    """Windows lie on the clock's ticks, so that a fixation's whole windows begin at a multiple of their stride."""
    streams, ticks, shape = 2, 18, (2, side, side)
    weights, frames = weights_of(encoder, shape), drawn(ticks, streams, *shape, seed=5)
    began = saccades(streams, ticks, chance, 6)
    timings = dict(zip(encoder.names, encoder.timings(shape), strict=True))
    compared = dict.fromkeys(encoder.names, 0)
    for tick, age, activity in streamed(encoder, weights, frames, began):
        assert set(activity) == {name for name, timing in timings.items() if (tick + 1) % timing.every == 0}
        for name, z in activity.items():
            for stream in range(streams):
                if age[stream] >= timings[name].receptive_ticks:
                    clip = frames[tick - timings[name].receptive_ticks : tick + 1, stream]
                    whole = offline_video(encoder, weights, clip)[name][-1]
                    assert float((z[stream] - whole).abs().max()) < TOLERANCE
                    compared[name] += 1
    assert min(compared.values()) > 0


@pytest.mark.parametrize("encoder", [AUDIO[0], VIDEO[0][0], VIDEO[1][0]])
def test_what_a_whole_layer_sees_is_all_of_its_fixation(encoder):
    """At `receptive_ticks` ticks another past changes nothing any more; one tick earlier it does."""
    shape = (2, 160) if encoder is AUDIO[0] else (2, 83, 83) if encoder is VIDEO[0][0] else (2, 6, 6)
    weights, ticks = weights_of(encoder, shape), 20
    frames = drawn(ticks, 1, *shape, seed=7)
    for name, timing in zip(encoder.names, encoder.timings(shape), strict=True):
        end = next(t for t in range(ticks) if (t + 1) % timing.every == 0 and t > timing.receptive_ticks + 1)
        for missing, matters in ((0, False), (1, True)):
            start = end - timing.receptive_ticks + missing
            began = torch.zeros(ticks, 1, dtype=torch.bool)
            began[0] = began[start] = True
            free = began.clone()
            free[start] = False
            one, other = ([a for *_, a in streamed(encoder, weights, frames, b)][end][name] for b in (began, free))
            if missing and timing.receptive_ticks == 0:
                continue
            assert (float((one - other).abs().max()) > 1e-9) == matters, name


def test_the_audio_network_acts_every_10_ms_and_sees_465_samples():
    encoder = CPCAudioEncoder(4, GRU(3))
    assert [(t.every, t.receptive_ticks) for t in encoder.timings((1, 160))] == [(1, 1)] * 4 + [(1, 2)] * 2
    field, step = 1, 1
    for layer in encoder.layers[:5]:
        field, step = field + (layer.kernel - 1) * step, step * layer.stride
    assert (field, step) == (465, 160)
    assert encoder.shapes((1, 160)) == [(1, 160), (4, 32), (4, 8), (4, 4), (4, 2), (4, 1), (3,)]


def test_the_video_network_acts_every_9_frames_at_the_top():
    encoder = VideoEncoder()
    assert [(t.every, t.receptive_ticks) for t in encoder.timings((3, 128, 128))] == [
        (1, 0),
        (1, 0),
        (1, 0),
        (3, 2),
        (9, 8),
    ]
    assert encoder.shapes((3, 128, 128))[1:] == [(96, 30, 30), (256, 6, 6), (512, 6, 6), (512, 6, 6), (512, 2, 2)]


GEOMETRIES = st.lists(st.tuples(st.integers(1, 9), st.sampled_from([1, 2, 5])), min_size=1, max_size=4)


@given(geometry=GEOMETRIES, top=st.sampled_from([None, "linear"]), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_timing_of_signals_agrees_with_what_a_saccade_changes(geometry, top, seed):
    """`receptive_ticks` is the first age at which a layer's activity is the same, whatever came before the fixation."""
    layers = [CausalConv(3, max(k, s), s, Tanh(), gain=2.0) for k, s in geometry]
    if math.prod(s for _, s in geometry) not in (1, 2, 4, 5, 10, 20, 25, 50, 100):
        return
    above = {None: [], "linear": [Linear(4, Tanh()), Window(Linear(3, Tanh()), 3, 1)]}[top]
    encoder, shape, ticks = Encoder([*layers, *above]), (1, 100), 9
    weights = weights_of(encoder, shape, seed)
    later, past = drawn(ticks, 1, *shape, seed=seed), drawn(12, 1, *shape, seed=seed + 1)
    began = torch.zeros(12 + ticks, 1, dtype=torch.bool)
    began[0] = True
    runs = [list(streamed(encoder, weights, torch.cat((p, later)), began)) for p in (past, -past)]
    for name, timing in zip(encoder.names, encoder.timings(shape), strict=True):
        same = [float((a[2][name] - b[2][name]).abs().max()) == 0 for a, b in zip(*runs, strict=True)][12:]
        assert same.index(True) == timing.receptive_ticks, (name, same)


def sound(columns=20):
    return Sensor((1, columns), -10.0, 10.0, Fraction(1, 100), "audio")


def heard(streams, ticks, columns=20, seed=0, chance=0.1, dtype=torch.float64):
    frames, began = drawn(ticks, streams, 1, columns, seed=seed).to(dtype), saccades(streams, ticks, chance, seed)
    for tick in range(ticks):
        yield Glimpse(frames[tick], began[tick], tick, tick / 100)


def small(recurrent=None, depth=3):
    layers = [CausalConv(4, 6, 4, gain=2.0), CausalConv(5, 9, 5, gain=2.0), recurrent or GRU(3)]
    return Encoder(layers[:depth])


def learner(encoder=None, rule=None, lags=(1, 2, 4), peers=True, **parts):
    contrasts = [OwnMemory(lags, negative=0.0 if peers else 1.0)]
    settings_ = {
        "optimiser": SGD(1e-2),
        "calibration": Calibration(0),
        "retina": Transparent(),
        "credit": ImmediateCredit(),
    } | parts
    return Learner(
        encoder or small(),
        rule or CLAPP(gain=2.0),
        ShortTermMemory(max(lags)),
        contrasts + ([PeerMemory(1, lags, paired=True)] if peers else []),
        **settings_,
    )


def alive(agent, streams, ticks, **how):
    """Run an agent in float64; return its state, the reports and what it heard."""
    agent.perception.compute = torch.float64
    state = doubled(agent.reset(sound(), streams, 0, CPU))
    start, shown, reports = snapshot(state), [], []
    for glimpse in heard(streams, ticks, **how):
        state, report = agent.step(state, glimpse)
        shown.append(glimpse)
        reports.append(report)
    return start, state, reports, shown


def reference(start, shown, reports, lags, through=lambda h: h.detach()):
    """Return the gradient, by autograd, of all pairs' hinges, layer by layer, with weights held.

    Layers are cut off from each other, the GRU from the layer that it predicts; gates of the GRU see *through* (h).
    """
    weights = {n: {k: w.clone().requires_grad_() for k, w in own.items()} for n, own in start["layers"].items()}
    signal = torch.stack([g.frame for g in shown])
    began = torch.stack([g.saccade for g in shown])
    ticks, streams = began.shape
    ages, age = [], torch.zeros(streams, dtype=torch.int64)
    z1, z2, h = [], [], []
    state = torch.zeros(streams, 3, dtype=torch.float64)
    before = [torch.zeros(streams, 1, 2, dtype=torch.float64), torch.zeros(streams, 4, 4, dtype=torch.float64)]
    for tick in range(ticks):
        age = torch.where(began[tick], 0, age + 1)
        ages.append(age)
        x = signal[tick]
        for number, kept in ((0, z1), (1, z2)):
            w = weights[f"layer{number + 1}"]
            old = torch.where(began[tick][:, None, None], 0.0, before[number])
            full = torch.cat((old, x), 2)
            stride = (4, 5)[number]
            z = F.relu(F.conv1d(full, w["weight"], w["bias"], stride))
            before[number] = full[..., full.shape[2] - before[number].shape[2] :]
            kept.append(z.mean(2))
            x = z.detach()
        g = weights["layer3"]
        former = torch.where(began[tick][:, None], 0.0, state)
        below, seen = x.mean(2), through(former)
        i, j = (
            F.linear(below, g["weight_ih"], g["bias_ih"]).chunk(3, 1),
            F.linear(seen, g["weight_hh"], g["bias_hh"]).chunk(3, 1),
        )
        r, u = torch.sigmoid(i[0] + j[0]), torch.sigmoid(i[1] + j[1])
        state = (1 - u) * torch.tanh(i[2] + r * j[2]) + u * former
        h.append(state)
    present, past = [z1, z2, [z.detach() for z in z2]], [z1, z2, h]
    loss = 0.0
    for report, tick in zip(reports, range(ticks), strict=True):
        c = report.comparison
        for row, same in enumerate(c.same):
            lag = row % len(lags)
            for stream in range(streams):
                if float(c.weight[row, stream]) == 0:
                    continue
                birth, owner = int(c.birth[row, stream]), int(c.stream[row, stream])
                assert birth == tick - lags[lag]
                assert ages[tick][stream] >= 1 and ages[birth][owner] >= 1
                for number in range(3):
                    pred = start["rule"][f"layer{number + 1}"]["pred"][lag]
                    u = present[number][tick][stream] @ pred @ past[number][birth][owner]
                    sign = 1.0 if bool(same[stream]) else -1.0
                    loss = loss + float(c.weight[row, stream]) * F.relu(1 - sign * u)
    flat = [w for own in weights.values() for w in own.values()]
    found = iter(torch.autograd.grad(loss, flat))
    return {n: {k: next(found) for k in own} for n, own in weights.items()}


@pytest.mark.parametrize("peers", [True, False])
def test_a_learner_credits_windows_and_traces_as_autograd_does(peers):
    """All layers, with saccades at random ticks, several lags, and credit for remembered states of the GRU."""
    lags, ticks, streams = (1, 2, 4), 30, 4
    agent = learner(rule=CLAPP(Transposed(), gain=3.0), lags=lags, peers=peers, optimiser=SGD(1.0, every=1000))
    start, state, reports, shown = alive(agent, streams, ticks)
    expected = reference(start, shown, reports, lags)
    for name, own in expected.items():
        for key, value in own.items():
            found = 1000 * state["gradients"]["layers"][name][key]
            assert float(value.abs().max()) > 1e-4, (name, key)
            assert float((found - value).abs().max()) < 1e-10, (name, key)


def test_the_grus_credit_is_not_that_of_full_back_propagation():
    lags = (1, 2, 4)
    agent = learner(rule=CLAPP(Transposed(), gain=3.0), lags=lags, optimiser=SGD(1.0, every=1000))
    start, state, reports, shown = alive(agent, 4, 30)
    full = reference(start, shown, reports, lags, through=lambda h: h)["layer3"]
    for key, value in full.items():
        found = 1000 * state["gradients"]["layers"]["layer3"][key]
        assert float((found - value).norm() / value.norm()) > 0.05, key


def test_truncated_back_propagation_over_a_whole_life_is_full_back_propagation():
    lags = (1, 2, 4)
    encoder = small(GRU(3, TruncatedBPTT(40)))
    agent = learner(encoder, CLAPP(Transposed(), gain=3.0), lags=lags, optimiser=SGD(1.0, every=1000))
    start, state, reports, shown = alive(agent, 4, 30)
    full = reference(start, shown, reports, lags, through=lambda h: h)["layer3"]
    for key, value in full.items():
        found = 1000 * state["gradients"]["layers"]["layer3"][key]
        assert float((found - value).abs().max()) < 1e-10, key


def test_gathered_credit_is_prompt_credit_that_comes_later():
    """What frames still wait for is added; e-prop's snapshots are credited as they leave."""
    totals = []
    for credit in (ImmediateCredit(), DeferredCredit()):
        agent = learner(credit=credit, optimiser=SGD(1.0, every=1000), rule=CLAPP(gain=3.0))
        _, state, *_ = alive(agent, 4, 24)
        total = {n: {k: 1000 * g for k, g in own.items()} for n, own in state["gradients"]["layers"].items()}
        if isinstance(credit, DeferredCredit):
            for trace in state["traces"]["1"].values():
                below = None
                for name, layer in zip(agent.layers, agent.encoder.layers, strict=True):
                    tape = {"x": below} | trace[name]
                    for key, value in layer.gradient(state["layers"][name], tape, tape["credit"]).items():
                        total[name][key] = total[name][key] + value
                    below = trace[name]["z"]
        totals.append(total)
    for name, own in totals[0].items():
        for key, value in own.items():
            assert float(value.abs().max()) > 1e-4
            assert float((value - totals[1][name][key]).abs().max()) < 1e-10, (name, key)


def test_nothing_is_compared_before_windows_are_full_again():
    agent = learner(peers=False)
    _, _, reports, shown = alive(agent, 4, 60, chance=0.3)
    age = torch.zeros(4, dtype=torch.int64)
    seen = 0
    for glimpse, report in zip(shown, reports, strict=True):
        age = torch.where(glimpse.saccade, 0, age + 1)
        weight = report.comparison.weight
        assert not weight[:, age < 1].any()
        seen += int((weight > 0).sum())
    assert seen > 30


def pictures(side=8):
    return Sensor((1, side, side), 0.0, 1.0, Fraction(1, 10))


def slow():
    return Encoder([Conv(3, gain=2.0), Window(Conv(4, pool=MaxPool(2), gain=2.0), 2), Window(Conv(3, gain=2.0), 2)])


@pytest.mark.parametrize("rule", [CLAPP(gain=2.0), ContrastiveHinge(width=6)])
def test_layers_of_three_paces_learn_at_their_own_ticks(rule):
    agent = learner(slow(), rule, lags=(1, 2), peers=False, calibration=Calibration(8))
    state = agent.reset(pictures(), 3, 0, CPU)
    moves = dict.fromkeys(agent.layers, 0)
    for tick in range(40):
        old = snapshot(state)
        frame = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(tick))
        saccade = torch.full((3,), tick % 17 == 0)
        state, report = agent.step(state, Glimpse(frame, saccade, tick, tick / 10))
        for name, every in zip(agent.layers, (1, 2, 4), strict=True):
            acts = (tick + 1) % every == 0
            assert (name in report.activity) == acts
            moved = not torch.equal(old["layers"][name]["weight"], state["layers"][name]["weight"])
            assert acts or not moved
            moves[name] += moved
        rows = report.metrics[:, 0].isnan().tolist()
        assert rows == [(tick + 1) % every != 0 for every in (1, 2, 4)]
    assert all(count >= 2 for count in moves.values()), moves


def test_features_of_a_frame_are_those_of_a_frame_that_is_held():
    agent = learner(slow(), lags=(1, 2), peers=False)
    state = agent.reset(pictures(), 3, 0, CPU)
    frames = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    *_, last = agent.replay(state, frames[:, None].expand(-1, 4, -1, -1, -1))
    found = agent.features(state, frames)
    assert list(found) == list(agent.layers)
    assert all(torch.equal(found[name], last[name]) for name in found)


AGENTS = {
    "e-prop": (learner, sound()),
    "bptt": (lambda: learner(small(GRU(3, TruncatedBPTT(4)))), sound()),
    "own future": (lambda: learner(small(GRU(3, EProp(), predicts_below=False))), sound()),
    "gathered": (lambda: learner(credit=DeferredCredit(), optimiser=Adam(every=3)), sound()),
    "calibrated": (lambda: learner(calibration=Calibration(12, drive=True)), sound()),
    "hinge": (lambda: learner(small(depth=2), ContrastiveHinge(width=6), peers=False), sound()),
    "greedy": (lambda: learner(schedule=Greedy(3)), sound()),
    "slow": (lambda: learner(slow(), lags=(1, 2), peers=False), pictures()),
    "normalised": (
        lambda: learner(Encoder([Conv(3, norm=RunningNorm(20)), Conv(4, pool=MaxPool(3, 2))]), peers=False),
        pictures(),
    ),
}


@pytest.mark.parametrize("name", AGENTS)
def test_the_contract_is_kept(name, monkeypatch):
    monkeypatch.setattr("streamsim.checks.agent_state._LATER", 120)
    make, sensor = AGENTS[name]
    check_agent(make(), sensor, ticks=24, streams=4)


def test_the_hinge_rule_cannot_predict_another_layer():
    with pytest.raises(ConfigurationError, match="ContrastiveHinge cannot predict the layer below: set predicts_below"):
        learner(small(), ContrastiveHinge(), peers=False).reset(sound(), 2, 0, CPU)


def test_updates_must_be_whole_strides_of_the_slowest_layer():
    agent = learner(slow(), lags=(1,), peers=False, optimiser=SGD(1e-2, every=6))
    with pytest.raises(ConfigurationError, match=r"Optimiser\.every must be 1 or a multiple of 4"):
        agent.reset(pictures(), 2, 0, CPU)


def test_calibration_must_last_until_the_slowest_layer_acts():
    agent = learner(slow(), lags=(1,), peers=False, calibration=Calibration(12, drive=True))
    with pytest.raises(ConfigurationError, match=r"Calibration\.ticks must be at least 16 for 3 layers"):
        agent.reset(pictures(), 2, 0, CPU)


def test_strides_must_fit():
    with pytest.raises(ConfigurationError, match=r"CausalConv\.stride \(3\) must divide the columns"):
        Encoder([CausalConv(2, 3, 3)]).shapes((1, 160))
    with pytest.raises(ConfigurationError, match="CausalConv needs signals of shape"):
        Encoder([CausalConv(2, 3, 3)]).shapes((1, 8, 8))


def test_the_ledger_names_windows_and_counts_shared_traces_once():
    agent = learner(lags=(1, 2))
    state = agent.reset(sound(), 3, 0, CPU)
    for glimpse in heard(3, 6, dtype=torch.float32):
        state, _ = agent.step(state, glimpse)
    roles = agent.ledger(state).roles
    traces = 4 * 3 * 3 * 3 * (5 + 3 + 2)
    assert roles["windows"] == 4 * 3 * (2 + 4 * 4)
    # the newest state and traces of the GRU lie in the trace of lag 1 as well, and count there
    assert "recurrent" not in roles
    assert roles["traces"] > 2 * traces
    state.pop("traces")
    assert agent.ledger(state).roles["recurrent"] == traces + 4 * 3 * 3


@pytest.mark.parametrize("policy", [FixationAnchor(), Reservoir()])
def test_slots_are_filled_with_what_is_all_of_a_fixation(policy):
    """Layers that are not awake at a saccade anchor their first whole activity instead."""
    encoder = Encoder([CausalConv(4, 30, 20, gain=2.0)])
    memory, rule = ShortTermMemory(3, policy=policy), ContrastiveHinge(width=6)
    agent = Learner(encoder, rule, memory, [LatestOwn(1, 1)], SGD(1e-2), calibration=Calibration(0))
    state = agent.reset(sound(), 4, 0, CPU)
    for glimpse in heard(4, 60, chance=0.2, dtype=torch.float32):
        state, report = agent.step(state, glimpse)
    memory = state["memory"]["1"]
    assert int((memory["birth"][:3] >= 0).sum()) > 9
    assert int((report.comparison.weight > 0).sum()) > 0


def test_the_cap_counts_what_slow_layers_remember():
    encoder = Encoder([Conv(2), Window(Conv(64), 3)])
    agent = learner(encoder, lags=(1, 2, 3), peers=False)
    agent.memory.cap = 90_000
    state = agent.reset(pictures(), 2, 0, CPU)
    with pytest.raises(MemoryCapError):
        for tick in range(20):
            frame = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(tick))
            state, _ = agent.step(state, Glimpse(frame, torch.full((2,), tick == 0), tick, tick / 10))


def test_bfloat16_learns_and_replays_with_a_past():
    agent = Learner(small(), CLAPP(), ShortTermMemory(2), [OwnMemory((1, 2))], SGD(1e-2), bfloat16=True)
    state = agent.reset(sound(), 3, 0, CPU)
    for glimpse in heard(3, 20, dtype=torch.float32):
        state, _ = agent.step(state, glimpse)
    frames = drawn(2, 5, 1, 20).float()
    assert [set(found) for found in agent.replay(state, frames)] == [set(agent.layers)] * 5


def test_updates_count_what_changed():
    agent = learner(Encoder([Conv(2, gain=2.0), Window(Conv(3, gain=2.0), 3)]), lags=(1, 2), peers=False)
    state = agent.reset(pictures(), 3, 0, CPU)
    for tick in range(30):
        frame = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(tick))
        state, _ = agent.step(state, Glimpse(frame, torch.full((3,), tick == 0), tick, tick / 10))
    assert state["updates"].tolist() == [30, 10]


def test_drive_calibration_refuses_normalised_layers():
    with pytest.raises(ConfigurationError, match=r"Calibration\.drive cannot scale layers that are normalised"):
        learner(Encoder([Conv(3, norm=RunningNorm())]), calibration=Calibration(8, drive=True), peers=False)


def test_what_layers_carry_begins_anew_after_a_rescaling():
    """The last columns before a rescaling are of other weights, and no window sees them."""
    agent = learner(calibration=Calibration(12, drive=True))
    state = agent.reset(sound(), 3, 0, CPU)
    for glimpse in heard(3, 12, chance=0.0, dtype=torch.float32):
        state, _ = agent.step(state, glimpse)
        if agent.calibration.phase(glimpse.tick, 3) < 3 and agent.calibration.ends(glimpse.tick, 3):
            assert state["age"].tolist() == [-1] * 3


def test_vectors_have_contrast_too():
    seen = GlobalContrastNorm().see(torch.tensor([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]))
    assert torch.allclose(seen[0], torch.tensor([-1.2157, 0.0, 1.2157]), atol=1e-3)
    assert seen[1].abs().max() == 0


@pytest.mark.parametrize("depth", [0, 7])
def test_the_audio_network_has_one_to_six_layers(depth):
    with pytest.raises(ConfigurationError, match="depth must be 1 to 6"):
        CPCAudioEncoder(4, depth=depth)


def test_a_window_shows_layers_without_a_past():
    for layer in (CausalConv(2, 3, 1), Window(Conv(2), 2)):
        with pytest.raises(ConfigurationError, match=r"Window\.layer must be a layer without a past"):
            Window(layer, 2)


@pytest.mark.parametrize("saccade", [4, 5])
def test_a_saccade_between_two_inputs_of_a_slow_layer_reaches_it(saccade):
    """A GRU that is fed every two ticks begins anew wherever in between the saccade fell."""
    encoder = Encoder([Conv(2, gain=2.0), Window(Linear(3, gain=2.0), 2), GRU(3, predicts_below=False)])
    weights, shape = weights_of(encoder, (1, 4, 4)), (1, 4, 4)
    began = torch.zeros(8, 1, dtype=torch.bool)
    began[0] = began[saccade] = True
    later, found = drawn(8 - saccade, 1, *shape, seed=1), []
    for seed in (2, 3):
        frames = torch.cat((drawn(saccade, 1, *shape, seed=seed), later))
        found.append([activity.get("layer3") for *_, activity in streamed(encoder, weights, frames, began)])
    one, other = found
    assert not torch.equal(one[3], other[3])
    assert torch.equal(one[5], other[5]) and torch.equal(one[7], other[7])


@pytest.mark.parametrize("every", [5, 16, 40])
def test_outer_products_that_are_summed_late_are_summed_in_time(every, monkeypatch):
    """Weights are those of gradients that are summed at every tick, after every update."""
    ends = []
    for most in (updates._MOST, 0):
        monkeypatch.setattr(updates, "_MOST", most)
        agent = learner(rule=CLAPP(gain=3.0), optimiser=SGD(1e-2, every=every), credit=DeferredCredit())
        start, state, *_ = alive(agent, 4, 81)
        assert ("factors" in state) == (most > 0)
        ends.append(state)
    for name in agent.layers:
        for key, weight in ends[0]["rule"][name].items():
            assert float((weight - ends[1]["rule"][name][key]).abs().max()) < 1e-12, (name, key)
            assert float((weight - start["rule"][name][key]).abs().max()) > 1e-6


def former(held):
    """Return factors that wait as 0.1.0 kept them: the ticks of each predictor together."""
    predictors = max(held[side].shape[1] for side in ("left", "right"))
    sides = {s: held[s].expand(-1, predictors, -1, -1).movedim(0, 1).flatten(1, 2) for s in ("left", "right")}
    return {**sides, "count": held["count"]}


def test_outer_products_that_wait_in_a_state_of_0_1_0_are_summed():
    agent = learner(rule=CLAPP(gain=3.0), optimiser=SGD(1e-2, every=5), credit=DeferredCredit())
    _, state, *_ = alive(agent, 4, 13)
    earlier = snapshot(state)
    waiting = earlier.pop("factors")
    earlier["products"] = {n: {k: former(w) for k, w in own.items()} for n, own in waiting.items()}
    ends = []
    for begun in (state, earlier):
        last = begun
        for glimpse in list(heard(4, 15))[13:]:
            last, _ = agent.step(last, glimpse)
        ends.append(flatten(last["rule"]))
    for name, weight in ends[0].items():
        torch.testing.assert_close(weight, ends[1][name])  # sums are begun anew, and rounded otherwise


def test_gradients_of_sound_lie_in_memory_as_its_weights_do():
    """Also where there is one channel: what lies alike is added in one operation."""
    layer = CausalConv(4, 6, 4)
    weights = layer.parameters((1, 20), torch.Generator())
    tape = layer.forward(weights, drawn(2, 1, 22).float())
    assert layer.gradient(weights, tape, tape["z"])["weight"].stride() == weights["weight"].stride()
