"""The in-stream probe: a sample of what was shown, known by its true labels, and no influence on the run."""

import io
import json

import pytest
import torch
from rich.console import Console

from streamsim import BernoulliSaccades, ConfigurationError, Labelled, Pathway, Shuffled, Simulation, Split
from streamsim.config import configure
from streamsim.contracts.tree import digest
from streamsim.evaluation import LinearProbe, ProbeProtocol
from streamsim.instruments import InStreamProbe, TickSchedule, labels_single_frames
from streamsim.runs.default_instruments import RunInstruments

from ..toys import CountingWorld, LinearLearner, Looker

PROTOCOL = ProbeProtocol(probes=(LinearProbe(),), n_train=40, n_test=None)


class TellingWorld(CountingWorld):
    """Its frames tell tick, stream and label in single pixels."""

    def look(self, state, saccade):
        tick = state["tick"] + 1
        state, scene = super().look(state, saccade)
        scene.frame[:, 0, 0, 0] = tick / 1000
        scene.frame[:, 0, 0, 1] = torch.arange(len(saccade)) / 100
        scene.frame[:, 0, 0, 2] = scene.label / 10
        return {**state, "tick": tick}, scene

    def reset(self, streams, seed, device):
        return {**super().reset(streams, seed, device), "tick": torch.zeros((), dtype=torch.int64)}


def simulation(*instruments, world=None, seed=0, streams=3, order=None, agent=None):
    pathway = Pathway(world or TellingWorld(), agent or LinearLearner(), BernoulliSaccades(0.3), order=order)
    return Simulation(pathway, instruments=instruments, streams=streams, seed=seed)


def never(examples=1000):
    return InStreamProbe(TickSchedule(every=10**6), PROTOCOL, examples)


def told(probe):
    """What is kept, as (tick, stream, label that the frame tells, label that is noted)."""
    kept = probe.state()["kept"]
    known = kept["labels"] >= 0
    pixels = kept["frames"][known][:, 0, 0, :3] * torch.tensor([1000, 100, 10])
    return torch.cat((pixels.round().long(), kept["labels"][known, None]), 1)


@pytest.mark.parametrize("order", [None, Shuffled(8, 2)])
def test_labels_stay_with_their_frames_whatever_the_order(order):
    probe = never(50)
    simulation(probe, order=order).run(60)
    rows = told(probe)
    assert len(rows) == 50 and torch.equal(rows[:, 2], rows[:, 3])
    assert len({tuple(row) for row in rows[:, :2].tolist()}) == 50  # no frame twice


def test_all_is_kept_while_there_is_room():
    probe = never(100)
    simulation(probe).run(20)
    assert sorted(tuple(row) for row in told(probe)[:, :2].tolist()) == [(t, s) for t in range(1, 21) for s in range(3)]


def test_the_sample_is_uniform():
    """Chi-square over 12 ticks, 6 of 36 frames kept in each of 300 runs; 31.3 is its 0.1 % point."""
    counts = torch.zeros(12)
    for seed in range(300):
        probe = never(6)
        simulation(probe, seed=seed).run(12)
        counts += torch.bincount(told(probe)[:, 0] - 1, minlength=12)
    assert counts.sum() == 1800 and float(((counts - 150) ** 2 / 150).sum()) < 31.3


def test_rows_tell_what_they_were_tested_on():
    rows = []
    simulation(InStreamProbe(TickSchedule(every=8, last=20), PROTOCOL, 30, rows.append)).run(20)
    assert {row["tick"] for row in rows} == {8, 16, 20}
    assert {row["probe"] for row in rows} == {"linear in-stream"} and {row["examples"] for row in rows} == {"in-stream"}
    assert {row["n_test"] for row in rows} == {24, 30} and {row["n_train"] for row in rows} == {40}
    assert not any(row["drawn"] is None or row["calibrated"] is None for row in rows if not row["baseline"])
    assert all("that the stream has shown" in row["protocol"] for row in rows)
    assert json.loads(json.dumps(rows)) == rows


def test_it_tests_on_what_was_shown():
    """Of a world whose labelled frames tell nothing, but whose stream tells the label, a probe learns nothing."""
    rows = []
    simulation(InStreamProbe(TickSchedule(every=40), PROTOCOL, 100, rows.append), world=CountingWorld(noise=0.0)).run(
        40
    )
    pixels = next(row["accuracy"] for row in rows if row["layer"] == "pixels")
    assert pixels == 1.0  # the same few patterns are in the stream and in the labelled half
    before = rows[0]

    class Misled(CountingWorld):
        def labelled(self, split):
            known = super().labelled(split)
            wrong = (known.labels + 1) % 3 if split is Split.TRAIN else known.labels
            return Labelled(wrong, known.fetch)

    rows.clear()
    simulation(InStreamProbe(TickSchedule(every=40), PROTOCOL, 100, rows.append), world=Misled(noise=0.0)).run(40)
    assert (
        next(row["accuracy"] for row in rows if row["layer"] == "pixels") == 0.0 and before["probe"] == rows[0]["probe"]
    )


def test_watching_influences_nothing():
    plain, watched = simulation(), simulation(InStreamProbe(TickSchedule(every=5), PROTOCOL, 10))
    plain.run(12)
    watched.run(12)
    assert plain.digest() == watched.digest()


def without_wall(rows):
    return [{name: value for name, value in row.items() if name != "wall"} for row in rows]


def test_what_is_gained_is_counted_from_the_network_that_has_looked():
    probe, agent = InStreamProbe(TickSchedule(every=12), PROTOCOL, 30), Looker(looks=4, rate=1e-30)
    simulation(probe, agent=agent).run(12)
    layers = [row for row in probe.rows if not row["baseline"]]
    assert layers and all(row["accuracy"] == row["calibrated"] for row in layers)
    assert any(row["drawn"] != row["calibrated"] for row in layers)  # looking silences inputs


def test_frames_of_one_fixation_are_one_cluster():
    probe = never(100)
    run = simulation(probe, streams=2)
    run.run(30)
    kept = probe.state()["kept"]
    known = kept["labels"] >= 0
    assert int(known.sum()) == 60
    assert len(kept["fixations"][known].unique()) == int(kept["begun"].sum())
    assert set((kept["fixations"][known] % 2).tolist()) == {0, 1}


@pytest.mark.parametrize(("agent", "until"), [(LinearLearner(), 7), (Looker(), 3), (Looker(), 7)])
def test_a_resumed_run_writes_the_same_rows(agent, until):
    whole, first, second = (InStreamProbe(TickSchedule(every=6), PROTOCOL, 10) for _ in range(3))
    simulation(whole, agent=agent).run(18)
    run = simulation(first, agent=agent)
    run.run(until)
    second.restore(first.state())
    again = simulation(second, agent=agent)
    again.restore(run.snapshot())
    again.run(18 - until)
    assert without_wall(first.rows + second.rows) == without_wall(whole.rows)
    assert digest(second.state()) == digest(whole.state())


class Halves(CountingWorld):
    """A world whose labelled examples have two parts."""

    def labelled(self, split):
        known = super().labelled(split)
        return Labelled(known.labels, lambda chosen: known.fetch(chosen).expand(-1, 2, -1, -1, -1))


def test_only_single_frames_can_be_compared():
    assert labels_single_frames(CountingWorld()) and not labels_single_frames(Halves())


@pytest.mark.parametrize(("name", "kept"), [("CountingWorld", True), ("Halves", False)])
def test_a_run_asks_for_it_by_a_setting(tmp_path, name, kept):
    place = "streamsim_in_stream_toys"
    console = Console(file=io.StringIO(), width=200)
    text = f"environment: {place}.{name}\nagent: {place}.LinearLearner\nin_stream_probe: 20\n"
    (tmp_path / "a.yaml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        import sys
        import types

        module = types.ModuleType(place)
        module.__dict__.update(CountingWorld=CountingWorld, Halves=Halves, LinearLearner=LinearLearner)
        patch.setitem(sys.modules, place, module)
        found = RunInstruments(configure(tmp_path / "a.yaml").experiment, tmp_path, console)
    assert ("InStreamProbe" in found.kept) == kept
    assert ("no in-stream probe: labelled examples" in console.file.getvalue()) != kept


def test_nonsense_is_refused():
    with pytest.raises(ConfigurationError, match=r"InStreamProbe.examples must be at least 1 frame \(got 0\)"):
        InStreamProbe(examples=0)
    with pytest.raises(ConfigurationError, match=r"in_stream_probe must be 0 or more frames \(got -1\)"):
        configure("hinge-strict", {"in_stream_probe": -1})
