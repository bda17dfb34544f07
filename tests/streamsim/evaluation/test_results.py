"""Probing while an agent learns: the right rows at the right ticks, and no influence on anything."""

import json

import pytest
import torch
import yaml

from streamsim import BernoulliSaccades, Instrument, Labelled, Pathway, Simulation, Split
from streamsim.checks import check_agent
from streamsim.config.load import configure
from streamsim.contracts.errors import ConfigurationError, RunFolderError
from streamsim.contracts.tree import digest
from streamsim.evaluation import confusions, dense, evaluate
from streamsim.evaluation.extractor import Layers
from streamsim.evaluation.features import ALL, PIXELS, choose, gather, together
from streamsim.evaluation.probe import LinearProbe
from streamsim.evaluation.protocol import ProbeProtocol, ProbeResult
from streamsim.evaluation.readout import Averaged, Flattened
from streamsim.evaluation.score import Score
from streamsim.instruments import rows as json_lines
from streamsim.instruments.offline_probe import ProbeSchedule
from streamsim.instruments.schedule import TickSchedule
from streamsim.launch import start
from streamsim.runs.probing import probe_run

from ..toys import CountingWorld, LinearLearner, Looker

QUICK = ProbeProtocol(probes=[LinearProbe()], readout=Flattened())


def simulation(*instruments, seed=1):
    pathway = Pathway(CountingWorld(), LinearLearner(), BernoulliSaccades(0.3))
    return Simulation(pathway, instruments=instruments, streams=3, seed=seed)


class SaccadeCounter(Instrument):
    """Counts true saccades."""

    saccades = 0

    def watch(self, record):
        self.saccades += sum(record.truth.saccade.tolist())


def timeless(rows):
    return [{k: v for k, v in row.items() if k != "wall"} for row in rows]


def test_evaluate_returns_a_row_per_layer_beside_the_network_as_drawn():
    run = simulation()
    run.run(20)
    eye = run.pathways[0]
    before = run.drawn(eye)
    rows = evaluate(eye.agent, run.state["eye"]["agent"], eye.environment, QUICK, before)
    assert [row["layer"] for row in rows] == ["layer1", "layer2", ALL, PIXELS]
    assert all(row["chance"] == 1 / 3 and row["n_train"] == row["n_test"] == 60 for row in rows)
    assert all(row["drawn"] == row["calibrated"] is not None for row in rows[:-1])  # it never only looks
    assert (rows[-1]["accuracy"], rows[-1]["drawn"], rows[-1]["calibrated"]) == (1.0, None, None)
    assert "offline linear readout" in rows[0]["protocol"] and "flattened" in rows[0]["protocol"]


def test_evaluate_without_an_earlier_state_says_so():
    run = simulation()
    eye = run.pathways[0]
    rows = evaluate(eye.agent, run.state["eye"]["agent"], eye.environment, QUICK)
    assert all(row[name] is None for row in rows for name in ("drawn", "calibrated", "gain_error"))


def test_evaluate_puts_the_network_as_drawn_and_calibrated_beside_it():
    world, agent = CountingWorld(noise=0.4), Looker()
    run = Simulation(Pathway(world, agent, BernoulliSaccades(0.3)), streams=3)
    drawn = run.snapshot()["eye"]["agent"]
    run.run(agent.looks)
    looked = run.snapshot()["eye"]["agent"]
    run.run(20)
    state = run.state["eye"]["agent"]
    lone = [evaluate(agent, one, world, QUICK) for one in (drawn, looked, state)]
    told = [[row["accuracy"] for row in rows[:3]] for rows in lone]
    rows = evaluate(agent, state, world, QUICK, drawn, looked)[:3]
    assert [[row[name] for row in rows] for name in ("drawn", "calibrated", "accuracy")] == told
    assert told[0] != told[1] != told[2]
    assert [row["calibrated"] for row in evaluate(agent, state, world, QUICK, drawn)] == [None] * 4


def test_a_toy_that_only_looks_at_first_keeps_the_contract():
    check_agent(Looker(), CountingWorld().sensor)


def test_the_state_as_drawn_is_derived_again_from_the_seed():
    run = simulation()
    fresh = digest(run.state["eye"]["agent"])
    run.run(10)
    assert digest(run.drawn(run.pathways[0])) == fresh
    assert digest(run.state["eye"]["agent"]) != fresh


def test_schedule_probes_at_its_occasions_and_counts():
    written = []
    schedule = ProbeSchedule(TickSchedule(every=10, at=[3], last=25), QUICK, written.append)
    witness = SaccadeCounter()
    run = simulation(schedule, witness)
    run.run(25)
    assert sorted({row["tick"] for row in written}) == [0, 3, 10, 20, 25]
    assert written == schedule.rows
    last = written[-1]
    assert (last["frames"], last["seconds"], last["pathway"]) == (75, 2.5, "eye")
    assert last["saccades"] == witness.saccades != 25
    assert json.loads(json.dumps(written)) == written


def test_what_was_drawn_is_the_row_at_tick_zero():
    schedule = ProbeSchedule(TickSchedule(every=10), QUICK)
    simulation(schedule).run(10)
    first = {row["layer"]: row["accuracy"] for row in schedule.rows if row["tick"] == 0}
    assert all(row["drawn"] == first[row["layer"]] for row in schedule.rows if not row["baseline"])


def test_a_changed_start_is_not_taken_for_the_network_as_drawn():
    schedule = ProbeSchedule(TickSchedule(), QUICK)
    run = simulation(schedule)
    run.state["eye"]["agent"]["weights"]["layer1"].zero_()
    run.run(0)
    layer1 = schedule.rows[0]
    assert layer1["accuracy"] == pytest.approx(1 / 3) and layer1["drawn"] > 0.5


def test_probing_influences_nothing():
    plain, probed = simulation(), simulation(ProbeSchedule(TickSchedule(every=1), QUICK))
    plain.run(12)
    probed.run(12)
    assert plain.digest() == probed.digest()


def test_a_resumed_run_writes_the_same_rows():
    whole = ProbeSchedule(TickSchedule(every=4), QUICK)
    simulation(whole).run(16)
    first = ProbeSchedule(TickSchedule(every=4), QUICK)
    run = simulation(first)
    run.run(6)
    second = ProbeSchedule(TickSchedule(every=4), QUICK)
    second.restore(first.state())
    again = simulation(second)
    again.restore(run.snapshot())
    again.run(10)
    assert timeless(first.rows + second.rows) == timeless(whole.rows)


def test_a_second_run_of_the_same_simulation_does_not_probe_its_start_again():
    schedule = ProbeSchedule(TickSchedule(), QUICK)
    run = simulation(schedule)
    run.run(0)
    run.run(5)
    assert len(schedule.rows) == 4


def test_features_are_averaged_over_parts_and_do_not_depend_on_the_batch():
    run = simulation()
    eye = run.pathways[0]
    frames = torch.rand(7, 5, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    labelled = Labelled(torch.zeros(7, dtype=torch.int64), lambda chosen: frames[chosen])
    state = run.state["eye"]["agent"]
    layers = Layers(eye.agent, state)
    small, large = (gather(layers, labelled, Averaged(), batch=b).features for b in (1, 999))
    expected = eye.agent.features(state, frames.flatten(0, 1))["layer1"].reshape(7, 5, -1).mean(1)
    assert torch.allclose(small["layer1"], expected, atol=1e-6)
    assert torch.allclose(large["layer1"], expected, atol=1e-6)
    assert together(gather(layers, labelled, Averaged()), 32).features[ALL].shape == (7, 32)
    assert ALL not in together(gather(layers, labelled, Averaged()), 31).features


def test_choice_skips_unknown_labels_and_is_always_the_same():
    labelled = Labelled(torch.tensor([0, -1, 1, -1, 2, 0]), lambda chosen: chosen)
    assert choose(labelled, None).tolist() == [0, 2, 4, 5]
    assert len(choose(labelled, 2)) == 2
    assert choose(labelled, 2).equal(choose(labelled, 2))
    assert -1 not in labelled.labels[choose(labelled, 3)]


def test_train_and_test_halves_are_not_mixed_up():
    asked = []

    class Spy(CountingWorld):
        def labelled(self, split):
            asked.append(split)
            return super().labelled(split)

    run = simulation()
    evaluate(run.pathways[0].agent, run.state["eye"]["agent"], Spy(), QUICK)
    assert asked == [Split.TRAIN, Split.TEST] * 2


def test_logarithmic_occasions():
    schedule = TickSchedule(per_decade=2, earliest=10)
    assert [tick for tick in range(1200) if schedule.due(tick)] == [0, 10, 32, 100, 316, 1000]
    assert not TickSchedule(first=False).due(0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TickSchedule(every=0), "TickSchedule.every must be at least 1"),
        (lambda: TickSchedule(at=[-1]), "must not hold negative ticks"),
        (lambda: TickSchedule(per_decade=0), "TickSchedule.per_decade must be at least 1"),
        (lambda: TickSchedule(earliest=0), "TickSchedule.earliest must be at least 1"),
        (lambda: ProbeProtocol(n_test=0), "ProbeProtocol.n_test must be at least 1"),
        (lambda: ProbeProtocol(probes=[LinearProbe(), LinearProbe()]), "need different names"),
    ],
)
def test_values_out_of_range_are_refused(make, words):
    with pytest.raises(ConfigurationError, match=words):
        make()


def test_an_unknown_pathway_is_named():
    with pytest.raises(ConfigurationError, match=r"no pathway is called 'ear': this simulation has \['eye'\]"):
        simulation(ProbeSchedule(pathway="ear")).run(1)


def test_a_run_is_probed_as_its_last_checkpoint_left_it(tmp_path):
    configuration = {
        "environment": {"class_path": "tests.streamsim.toys.CountingWorld"},
        "agent": {"class_path": "tests.streamsim.toys.LinearLearner"},
        "streams": 3,
        "ticks": 7,
    }
    source = tmp_path / "toy.yaml"
    source.write_text(yaml.safe_dump(configuration))
    outcome = start(configure(source), tmp_path / "run", [], tensorboard=False)
    written = [row for row in json_lines.read_rows(outcome.folder / "probes.jsonl") if row["tick"] == 7]
    assert timeless(probe_run(outcome.folder)) == timeless(written)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunFolderError, match="holds no run"):
        probe_run(tmp_path)


def test_confusions_of_the_uppermost_and_the_best_layer_are_told():
    told = []
    schedule = ProbeSchedule(TickSchedule(last=10), QUICK, confuse=told.append)
    simulation(schedule).run(10)
    accuracy = {r["layer"]: r["accuracy"] for r in schedule.rows if r["tick"] == 10}
    last = [row for row in told if row["tick"] == 10]
    assert last[-1]["layer"] == "layer2" and {row["tick"] for row in told} == {0, 10}
    for row in last:
        counts = dense(row)
        assert counts.sum() == row["n_test"] == 60
        assert counts.diag().sum() / 60 == pytest.approx(row["accuracy"]) == accuracy[row["layer"]]
        assert counts.sum(1).tolist() == [20, 20, 20]
        assert row["best"] == (row["accuracy"] == max(accuracy["layer1"], accuracy["layer2"]))


def test_the_best_layer_is_told_apart_from_the_uppermost():
    def result(layer, accuracy, probe="linear", **settings):
        score = Score(torch.tensor([round(10 * accuracy)]), torch.tensor([10]))
        return ProbeResult(probe, layer, score, 9, "words", {}, torch.eye(3).long(), **settings)

    found = [result(n, a) for n, a in (("a", 0.2), ("b", 0.6), ("c", 0.5), (ALL, 0.9))]
    found += [result("pixels", 0.9, baseline=True), result("a", 0.9, "nearest neighbours")]
    assert [(row["layer"], row["best"]) for row in confusions(found, ("x", "y", "z"))] == [("b", True), ("c", False)]
    assert confusions(found, ("x", "y", "z"))[0]["counts"] == [[0, 0, 1], [1, 1, 1], [2, 2, 1]]
    assert confusions(found, ("x", "y")) == []
