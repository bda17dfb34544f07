"""The order in which frames come: a shuffled stream against lists of what was seen."""

import json
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamsim import (
    BernoulliSaccades,
    ConfigurationError,
    FixedFixation,
    InOrder,
    Instrument,
    Pathway,
    Scene,
    ScriptedSaccades,
    Seen,
    Shuffled,
    Simulation,
)
from streamsim.config import configure
from streamsim.contracts.tree import digest, size_in_bytes
from streamsim.instruments import Health, TickSchedule
from streamsim.runs.console import show_probes

from ..toys import CountingWorld, LinearLearner

STREAMS = 2
SENSOR = CountingWorld(side=1).sensor
SACCADES = st.lists(st.lists(st.booleans(), min_size=STREAMS, max_size=STREAMS), min_size=12, max_size=60)


def seen(saccades):
    """What two streams see: a frame tells its tick and stream, and so do identity and label the fixation."""
    fixation = torch.zeros(STREAMS, dtype=torch.int64)
    for tick, row in enumerate(saccades):
        saccade = torch.tensor(row) | (tick == 0)
        fixation = fixation + saccade
        frame = (10.0 * tick + torch.arange(STREAMS)).view(STREAMS, 1, 1, 1)
        yield Seen(Scene(frame, 2 * fixation + torch.arange(STREAMS), fixation % 3, torch.zeros_like(saccade)), saccade)


def arranged(order, saccades, seed=0):
    """Return all that is handed out."""
    state, looks = order.reset(SENSOR, STREAMS, seed, torch.device("cpu")), list(seen(saccades))
    given_out = []
    for tick in range(len(looks) - order.ahead):
        new = looks[tick + order.ahead : tick + order.ahead + 1] if tick else looks[: order.ahead + 1]
        state, look = order.arrange(state, new)
        given_out.append(look)
    return given_out


def rows(looks, stream):
    """What a stream is handed out, as (tick at which it was seen, whether it comes with a saccade)."""
    return [(round(float(x.scene.frame[stream])) // 10, bool(x.saccade[stream])) for x in looks]


def segments(saccades, stream, most):
    """Return the segments that what a stream sees is cut into, as lists of ticks."""
    cut = []
    for tick, row in enumerate(saccades):
        if tick == 0 or row[stream] or len(cut[-1]) == most:
            cut.append([])
        cut[-1].append(tick)
    return cut


@given(saccades=SACCADES)
def test_in_order_nothing_is_changed(saccades):
    for given_out, look in zip(arranged(InOrder(), saccades), seen(saccades), strict=True):
        assert torch.equal(given_out.scene.frame, look.scene.frame) and torch.equal(given_out.saccade, look.saccade)


@given(saccades=SACCADES, most=st.integers(1, 4), more=st.integers(0, 6), seed=st.integers(0, 5))
def test_shuffled_frames_are_the_same_frames_in_whole_segments(saccades, most, more, seed):
    looks = arranged(Shuffled(most + more, most), saccades, seed)
    known = list(seen(saccades))
    for stream in range(STREAMS):
        cut = {segment[0]: segment for segment in segments(saccades, stream, most)}
        ticks = [tick for tick, _ in rows(looks, stream)]
        assert len(set(ticks)) == len(ticks)  # none twice
        expected, following = [], iter(rows(looks, stream))
        for tick, begins in following:
            assert begins and tick in cut, "a segment begins with its first frame, and with a saccade"
            rest = [next(following, None) for _ in cut[tick][1:]]
            assert [(t, False) for t in cut[tick][1:]][: len([r for r in rest if r])] == [r for r in rest if r]
            expected += cut[tick]
        assert ticks == expected[: len(ticks)]
        for given_out, tick in zip(looks, ticks, strict=True):
            for kind in ("object_id", "label"):
                assert getattr(given_out.scene, kind)[stream] == getattr(known[tick].scene, kind)[stream]


@given(saccades=SACCADES, most=st.integers(1, 4), more=st.integers(0, 6))
def test_no_frame_is_handed_out_before_it_is_seen_and_a_window_is_held_back(saccades, most, more):
    order = Shuffled(most + more, most)
    looks = arranged(order, saccades)
    for stream in range(STREAMS):
        ticks = [tick for tick, _ in rows(looks, stream)]
        for now in range(len(ticks)):
            assert set(ticks[: now + 1]) <= set(range(now + order.window + 1))


def test_every_whole_segment_has_the_same_chance():
    """Chi-square of the first segment handed out in 4,000 lives, of five of two ticks; 18.5 is its 0.1 % point."""
    saccades = [[False] * STREAMS] * 11
    firsts = Counter(rows(arranged(Shuffled(10, 2), saccades, seed), 0)[0][0] for seed in range(4000))
    assert set(firsts) == {0, 2, 4, 6, 8}
    assert sum((count - 800) ** 2 / 800 for count in firsts.values()) < 18.5


def test_the_order_is_gone():
    """Successive segments are as far apart as two of a window are, and either may be the earlier one."""
    saccades = [[False] * STREAMS] * 3000
    firsts = [tick for tick, begins in rows(arranged(Shuffled(200, 2), saccades), 0) if begins]
    apart = torch.tensor(firsts).diff().double()
    assert apart.abs().mean() > 60 and 0.4 < (apart < 0).double().mean() < 0.6


def test_streams_are_shuffled_apart_from_each_other():
    quiet = [[False, tick % 3 == 0] for tick in range(60)]
    busy = [[tick % 2 == 0, tick % 3 == 0] for tick in range(60)]
    one, other = (rows(arranged(Shuffled(20, 3), saccades), 1) for saccades in (quiet, busy))
    assert one == other
    alike = arranged(Shuffled(20, 3), [[False] * STREAMS] * 60)
    assert rows(alike, 0) != rows(alike, 1)


class Diary(Instrument):
    """Notes what the agent got, and checks it against the truth."""

    def __init__(self):
        self.entries = []

    def watch(self, record):
        assert torch.equal(record.truth.saccade, record.glimpse.saccade)
        self.entries.append((record.glimpse.frame.clone(), record.truth.object_id, record.truth.saccade))


def simulation(*instruments, order=None, gaze=None, seed=0, length=None):
    world = CountingWorld(noise=0.05, length=length)
    pathway = Pathway(world, LinearLearner(), gaze or BernoulliSaccades(0.3), order=order)
    return Simulation(pathway, instruments=instruments, streams=3, seed=seed)


@pytest.mark.parametrize("gaze", [BernoulliSaccades(0.3), FixedFixation(7), ScriptedSaccades([0, 2], period=5)])
@pytest.mark.parametrize("length", [None, 4])
def test_world_and_gaze_are_what_they_are_without_it(gaze, length):
    plain, twin = (simulation(order=order, gaze=gaze, length=length) for order in (None, Shuffled(20, 2)))
    plain.run(50)
    twin.run(30)
    for part in ("environment", "gaze"):
        assert digest(plain.state["eye"][part]) == digest(twin.state["eye"][part])
    assert digest(plain.state["eye"]["agent"]) != digest(twin.state["eye"]["agent"])


def test_the_shuffled_twin_sees_the_same_frames():
    whole, shuffled = Diary(), Diary()
    simulation(whole).run(80)
    simulation(shuffled, order=Shuffled(20, 2)).run(60)
    for stream in range(3):
        there = {frame[stream].numpy().tobytes(): int(known[stream]) for frame, known, _ in whole.entries}
        got = [(frame[stream].numpy().tobytes(), int(known[stream])) for frame, known, _ in shuffled.entries]
        assert all(there[frame] == known for frame, known in got) and len(set(got)) == len(got) == 60


def test_a_thing_changes_only_with_a_saccade():
    diary = Diary()
    simulation(diary, order=Shuffled(20, 3), gaze=FixedFixation(7)).run(60)
    for (_, before, _), (_, now, saccade) in zip(diary.entries, diary.entries[1:], strict=False):
        assert ((before == now) | saccade).all()


def test_a_resumed_run_goes_on_the_same():
    whole, first, second = Diary(), Diary(), Diary()
    straight, broken = (simulation(diary, order=Shuffled(20, 2)) for diary in (whole, first))
    straight.run(40)
    broken.run(17)
    again = simulation(second, order=Shuffled(20, 2))
    again.restore(broken.snapshot())
    again.run(23)
    assert again.digest() == straight.digest()
    for (one, *_), (other, *_) in zip(first.entries + second.entries, whole.entries, strict=True):
        assert torch.equal(one, other)


def test_what_is_held_back_is_state_and_does_not_grow():
    sizes = set()
    for ticks in (1, 5, 60):
        run = simulation(order=Shuffled(20, 2))
        run.run(ticks)
        sizes.add(size_in_bytes(run.state["eye"]["order"]))
    assert len(sizes) == 1 and sizes.pop() > 21 * 3 * 16 * 4


def test_chance_comes_from_the_seed_alone():
    digests = []
    for seed in (0, 0, 1):
        run = simulation(order=Shuffled(20, 2), seed=seed)
        run.run(30)
        digests.append(run.digest())
    assert digests[0] == digests[1] != digests[2]


def test_results_say_that_frames_were_shuffled(capsys):
    rows = []
    for order in (None, Shuffled(8, 2)):
        health = Health(TickSchedule(every=10), write=rows.append)
        simulation(health, order=order).run(10)
    words = "frames shuffled: segments of at most 2 ticks, drawn from 8 frames of each stream"
    assert "order" not in rows[1] and rows[3]["order"] == words
    assert json.loads(json.dumps(rows[3])) == rows[3]
    known = {"accuracy": 0.5, "drawn": 0.4, "calibrated": 0.4, "error": None, "chance": 0.1, "ceiling": False}
    row = {**known, "n_train": 2, "n_test": 2, "n_clusters": 2, "layer": "a", "probe": "linear", "looks": 0}
    show_probes([{**row, "protocol": "by heart", "tick": 3, "pathway": "eye", "order": words}])
    assert words in " ".join(capsys.readouterr().out.split())


def test_an_order_is_a_setting(tmp_path):
    (tmp_path / "a.yaml").write_text("environment: Objects3D\nagent: Learner\norder: {Shuffled: {segment: 4}}\n")
    found = configure(tmp_path / "a.yaml", {"order.window": 32})
    order = found.experiment.build().pathways[0].order
    assert (order.window, order.segment, order.ahead) == (32, 4, 32)
    (tmp_path / "b.yaml").write_text(found.text())
    assert configure(tmp_path / "b.yaml").text() == found.text()
    assert isinstance(configure("hinge-strict").experiment.build().pathways[0].order, InOrder)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shuffled(segment=0), r"Shuffled.segment must be at least 1 tick \(got 0\)"),
        (lambda: Shuffled(3, 4), r"Shuffled.window must be at least Shuffled.segment, 4 ticks.*\(got 3\)"),
        (
            lambda: Simulation(
                Pathway(CountingWorld(), LinearLearner(), name="a", order=Shuffled()),
                Pathway(CountingWorld(), LinearLearner(), name="b"),
                shared_saccades=True,
            ),
            "Simulation.shared_saccades needs frames in their order",
        ),
    ],
)
def test_nonsense_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()
