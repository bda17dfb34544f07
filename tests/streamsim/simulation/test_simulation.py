"""The clock: tiny simulations compared with literals."""

import sys
from fractions import Fraction

import pytest
import torch

from streamsim import (
    BernoulliSaccades,
    ConfigurationError,
    EfferenceCopy,
    FixedFixation,
    GroundTruth,
    Instrument,
    Pathway,
    RandomFixation,
    Scene,
    ScriptedSaccades,
    Simulation,
)
from streamsim.simulation.simulation import available, greatest_common_divisor

from ..toys import CountingWorld, LinearLearner, Paced


class Diary(Instrument):
    """Writes down what it sees, and does what it is told to at a tick."""

    def __init__(self, deeds=None):
        self.entries, self.truths, self.received, self.deeds = [], [], [], deeds or {}

    def start(self, simulation):
        self.entries.append("start")

    def watch(self, record):
        self.entries.append((record.pathway.name, record.glimpse.tick, round(record.glimpse.seconds, 6)))
        self.truths.append(record.truth.saccade.tolist())
        self.received.append(record.glimpse.saccade.tolist())
        self.deeds.get(record.glimpse.tick, lambda _: None)(record)

    def stop(self, simulation):
        self.entries.append("stop")


def eye(**parts):
    return Pathway(CountingWorld(), LinearLearner(), parts.pop("gaze", BernoulliSaccades(0.3)), **parts)


def simulation(*instruments, seed=0, streams=3, **parts):
    return Simulation(eye(**parts), instruments=instruments, streams=streams, seed=seed)


def two(*instruments, seed=0):
    """Two senses with periods of 0.1 s and 0.03 s."""
    slow = Pathway(Paced("1/10"), LinearLearner(), name="slow")
    fast = Pathway(Paced("3/100"), LinearLearner(), name="fast")
    return Simulation(slow, fast, instruments=instruments, seed=seed)


def ticks(diary):
    return [entry for entry in diary.entries if isinstance(entry, tuple)]


def test_two_senses_tick_at_their_own_times_in_order():
    diary = Diary()
    two(diary).run(4)
    assert diary.entries == [
        "start",
        ("slow", 0, 0.0),
        ("fast", 0, 0.0),
        ("fast", 1, 0.03),
        ("fast", 2, 0.06),
        ("fast", 3, 0.09),
        ("slow", 1, 0.1),
        ("fast", 4, 0.12),
        ("fast", 5, 0.15),
        ("fast", 6, 0.18),
        ("slow", 2, 0.2),
        ("fast", 7, 0.21),
        ("fast", 8, 0.24),
        ("fast", 9, 0.27),
        ("slow", 3, 0.3),
        ("fast", 10, 0.3),
        ("fast", 11, 0.33),
        ("fast", 12, 0.36),
        ("fast", 13, 0.39),
        "stop",
    ]


def test_the_resolution_is_the_largest_period_that_divides_all():
    assert two().resolution == Fraction(1, 100)
    assert greatest_common_divisor([Fraction(1, 30), Fraction(1, 16_000)]) == Fraction(1, 48_000)
    assert greatest_common_divisor([Fraction(3)]) == 3


def test_time_is_counted_in_ticks_and_never_drifts():
    run = two()
    run.run(30)
    assert run.ticks() == 30
    assert run.ticks(run.pathways[1]) == 100
    assert run.seconds == 3.0


@pytest.mark.parametrize("time", [0.2, 0.3, 0.25])
def test_an_intervention_comes_before_the_ticks_of_its_time(time):
    diary = Diary()
    run = two(diary)
    run.at(time, lambda _: diary.entries.append("now"))
    run.run(5)
    place = diary.entries.index("now")
    assert all(entry[2] < time for entry in ticks(diary) if diary.entries.index(entry) < place)
    assert all(entry[2] >= time for entry in ticks(diary) if diary.entries.index(entry) > place)


def test_an_intervention_changes_what_it_is_given():
    def faster(run):
        run.pathways[0].gaze = ScriptedSaccades([], period=None)

    diary = Diary()
    run = simulation(diary, gaze=BernoulliSaccades(1.0))
    run.at(0.3, faster)
    run.run(6)
    assert [row[0] for row in diary.truths] == [True, True, True, False, False, False]


def test_interventions_happen_once_however_often_a_run_is_continued():
    happened = []
    run = simulation()
    run.at(0.3, lambda r: happened.append(r.ticks()))
    for _ in range(6):
        run.run(1)
    assert happened == [3]


def test_an_intervention_that_stops_the_run_happens_once():
    happened = []
    run = simulation()

    def pause(r):
        happened.append(r.ticks())
        r.stop()

    run.at(0.3, pause)
    for _ in range(3):
        run.run(2)
    assert happened == [3]
    assert run.ticks() == 5


def asked_at(tick, time, happened):
    """Return a run that asks at a tick of the slow sense to be told of a time, and the order of all that happens."""
    diary = Diary()
    diary.deeds = {
        tick: lambda record: (
            record.pathway.name == "slow" and record.simulation.at(time, lambda run: happened(run, diary.entries))
        )
    }
    return two(diary), diary.entries


@pytest.mark.parametrize(
    ("time", "before", "after"),
    [
        (0.12, ("slow", 1, 0.1), ("fast", 4, 0.12)),
        (0.2, ("fast", 6, 0.18), ("slow", 2, 0.2)),
        (0.25, ("fast", 8, 0.24), ("fast", 9, 0.27)),
        (0.3, ("fast", 9, 0.27), ("slow", 3, 0.3)),
    ],
)
def test_an_intervention_asked_for_during_a_run_comes_before_the_ticks_of_its_time(time, before, after):
    run, entries = asked_at(1, time, lambda _, entries: entries.append("now"))
    run.run(5)
    place = entries.index("now")
    assert (entries[place - 1], entries[place + 1]) == (before, after)
    assert entries.count("now") == 1


def test_an_intervention_asked_for_during_a_run_outlives_its_end():
    run, entries = asked_at(1, 0.3, lambda _, entries: entries.append("now"))
    run.run(2)
    run.run(2)
    assert entries.index("now") + 1 == entries.index(("slow", 3, 0.3))


def test_an_intervention_may_ask_for_others_even_at_its_own_time():
    order = []

    def again(run):
        order.append((run.ticks(), "first"))
        run.at(0.3, lambda r: order.append((r.ticks(), "second")))
        run.at(0.4, lambda r: order.append((r.ticks(), "third")))

    run = simulation()
    run.at(0.3, again)
    run.run(6)
    assert order == [(3, "first"), (3, "second"), (4, "third")]


@pytest.mark.parametrize("time", [0.05, 0.1])
def test_the_past_cannot_be_changed_during_a_run(time):
    """Not even the present: the slow sense has had its tick of that time."""
    run, _ = asked_at(1, time, lambda *_: None)
    with pytest.raises(ConfigurationError, match=rf"{time} s has passed already"):
        run.run(5)


def test_what_no_tick_has_reached_is_not_past():
    """The slow sense has 0.4 s behind it, the fast one 0.42, but the ticks of 0.4 s are still to come."""
    diary = Diary()
    run = two(diary)
    run.run(4)
    run.at(0.4, lambda _: diary.entries.append("now"))
    run.run(1)
    assert diary.entries.index("now") + 1 == diary.entries.index(("slow", 4, 0.4))


def test_the_past_cannot_be_changed():
    run = simulation()
    run.run(5)
    with pytest.raises(ConfigurationError, match=r"0\.2 s has passed already \(the clock stands at 0\.5 s\)"):
        run.at(0.2, lambda _: None)


def test_stopping_and_continuing_is_one_long_run():
    stopper = Diary({7: lambda m: m.simulation.stop()})
    whole, parts = two(), two(stopper)
    whole.run(20)
    parts.run(20)
    assert (parts.ticks(), parts.ticks(parts.pathways[1])) == (3, 8)
    stopper.deeds.clear()
    parts.run(20 - parts.ticks())
    assert parts.ticks() == 20
    assert parts.digest() == whole.digest()


@pytest.mark.parametrize("cut", [1, 3, 4, 9])
def test_a_run_in_parts_tells_the_same_in_the_same_order(cut):
    whole, parts = Diary(), Diary()
    two(whole).run(13)
    run = two(parts)
    run.run(cut)
    run.run(13 - cut)
    assert ticks(parts) == ticks(whole)


@pytest.mark.parametrize("order", [("1/10", "3/100"), ("3/100", "1/10")])
def test_at_equal_times_pathways_tick_in_one_order_however_the_run_is_cut(order):
    def sense(diary):
        pathways = [Pathway(Paced(p), LinearLearner(), name=p) for p in order]
        return Simulation(*pathways, instruments=[diary])

    whole, parts = Diary(), Diary()
    first = order.index("3/100") == 0
    sense(whole).run(23 if first else 7)
    run = sense(parts)
    run.run(10 if first else 3)
    run.run(13 if first else 4)
    assert ticks(parts) == ticks(whole)


def test_the_same_seed_gives_the_same_run_and_another_another():
    digests = []
    for seed in (0, 0, 1):
        run = simulation(seed=seed)
        run.run(12)
        digests.append(run.digest())
    assert digests[0] == digests[1] != digests[2]


def test_parts_draw_from_seeds_of_their_own():
    """Another gaze does not change first weights, and a second sense does not change the first."""
    one, other, both = simulation(gaze=BernoulliSaccades(0.1)), simulation(gaze=RandomFixation()), two()
    for name in ("layer1", "layer2"):
        pair = [run.state["eye"]["agent"]["weights"][name] for run in (one, other)]
        assert torch.equal(*pair)
    alone = Simulation(Pathway(Paced("1/10"), LinearLearner(), name="slow"))
    alone.run(9)
    both.run(9)
    one, other = (run.state["slow"]["agent"]["memory"] for run in (alone, both))
    assert torch.equal(one, other)


def test_a_snapshot_continues_identically_and_is_out_of_reach():
    run = simulation()
    run.run(7)
    state = run.snapshot()
    run.run(8)
    after = run.digest()
    for restored in (run, simulation()):
        restored.restore(state)
        assert restored.ticks() == 7
        restored.run(8)
        assert restored.digest() == after
    again = simulation(seed=5)
    again.restore(state)  # the seed has done its work at the start
    again.run(8)
    assert again.digest() == after


class Meddler(Diary):
    """Draws random numbers, and asks the agent for features."""

    def watch(self, record):
        torch.rand(3)
        torch.manual_seed(record.glimpse.tick)
        state = record.simulation.state[record.pathway.name]["agent"]
        record.pathway.agent.features(state, torch.rand(2, 1, 4, 4))
        record.simulation.digest()
        record.simulation.snapshot()["eye"]["agent"]["memory"].zero_()


def test_instruments_do_not_change_the_digest():
    plain, watched = simulation(), simulation(Diary(), Meddler())
    with torch.random.fork_rng(devices=[]):
        plain.run(15)
        watched.run(15)
    assert plain.digest() == watched.digest()
    assert plain.state_bytes() == watched.state_bytes()


def test_instruments_are_stopped_in_reverse_even_when_a_tick_fails():
    calls = []

    class Named(Instrument):
        def __init__(self, name, fails=False):
            self.name, self.fails = name, fails

        def start(self, simulation):
            calls.append(f"start {self.name}")

        def watch(self, record):
            if self.fails and record.glimpse.tick == 2:
                raise RuntimeError("no more")

        def stop(self, simulation):
            calls.append(f"stop {self.name}")

    with pytest.raises(RuntimeError, match="no more"):
        simulation(Named("a"), Named("b", fails=True)).run(9)
    assert calls == ["start a", "start b", "stop b", "stop a"]


class Failing(Instrument):
    """Fails at a tick or never, and when it is stopped."""

    def __init__(self, tick=None):
        self.tick, self.stopped = tick, False

    def watch(self, record):
        if record.glimpse.tick == self.tick:
            raise RuntimeError("no more")

    def stop(self, simulation):
        self.stopped = True
        raise OSError("stop failed")


@pytest.mark.parametrize(("tick", "first"), [(2, RuntimeError), (None, OSError)])
def test_an_instrument_that_cannot_stop_neither_keeps_others_from_it_nor_hides_the_first_error(tick, first):
    diary, one, other = Diary(), Failing(tick), Failing()
    with pytest.raises(first) as caught:
        simulation(diary, one, other).run(5)
    assert diary.entries[-1] == "stop"
    assert one.stopped and other.stopped
    assert "Failing.stop failed as well: OSError('stop failed')" in caught.value.__notes__


def test_what_the_world_forces_reaches_gaze_and_agent():
    diary = Diary()
    pathway = Pathway(Paced("1/10", length=3), LinearLearner(), FixedFixation(5, staggered=False))
    Simulation(pathway, instruments=[diary]).run(8)
    assert [row[0] for row in diary.truths] == [True, False, False, True, False, False, True, False]
    assert diary.received == diary.truths


def test_the_agent_gets_the_late_copy_and_instruments_the_truth():
    diary = Diary()
    simulation(diary, streams=1, gaze=ScriptedSaccades([3]), efference=EfferenceCopy(latency=2)).run(7)
    assert [row[0] for row in diary.truths] == [True, False, False, True, False, False, False]
    assert [row[0] for row in diary.received] == [False, False, True, False, False, True, False]


def test_no_ticks_at_all():
    diary = Diary()
    run = simulation(diary)
    before = run.digest()
    run.run(0)
    assert diary.entries == ["start", "stop"]
    assert run.digest() == before
    assert run.seconds == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Simulation, "at least one pathway"),
        (lambda: Simulation(eye(), eye()), r"need different names \(got \['eye', 'eye'\]\)"),
        (lambda: simulation(streams=0), r"Simulation.streams must be at least 1 \(got 0\)"),
        (lambda: simulation().run(-1), r"ticks must be 0 or more \(got -1\)"),
        (lambda: eye(name="a.b"), r"Pathway.name must be a word without dots \(got 'a.b'\)"),
        (lambda: Simulation(eye(), shared_saccades=True), "shared_saccades needs another pathway to share with"),
        *(
            (lambda name=name: available(name), f"device '{name}' is not known: use cpu, cuda or cuda:N")
            for name in ("warp", "mps", "meta", "cpu:3", "cuda:x")
        ),
    ],
)
def test_nonsense_is_refused(make, message):
    with pytest.raises(ConfigurationError, match=message):
        make()


def test_an_absent_gpu_is_said_to_be_absent(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigurationError, match="device 'cuda' is not available on this machine: use --device cpu"):
        available("cuda")
    assert available("cpu") == torch.device("cpu")


def test_a_gpu_beyond_the_last_is_said_to_be_absent(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ConfigurationError, match="'cuda:2' is not available on this machine, which has 2 GPUs"):
        available("cuda:2")
    assert [available(name) for name in ("cuda", "cuda:1")] == [torch.device("cuda"), torch.device("cuda", 1)]


class Peeper(LinearLearner):
    """Looks for what only instruments may know where it was called from."""

    def step(self, state, glimpse):
        self.found = [value for value in sys._getframe(1).f_locals.values() if isinstance(value, (Scene, GroundTruth))]
        return super().step(state, glimpse)


def test_who_calls_an_agent_does_not_hold_the_truth():
    agent = Peeper()
    Simulation(Pathway(CountingWorld(), agent)).run(3)
    assert agent.found == []
