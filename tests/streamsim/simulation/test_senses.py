"""Several senses in one run folder: one configuration, one clock, instruments of every pathway, exact resume."""

import io
import json
import shutil
import warnings

import pytest
import yaml
from rich.console import Console

from streamsim import DataError, Instrument
from streamsim.config.experiment import Experiment, Sense
from streamsim.config.load import configure
from streamsim.contracts.errors import ConfigurationError
from streamsim.instruments.recorder import read_films
from streamsim.instruments.rows import read_rows
from streamsim.runs import revive
from streamsim.runs.console import show_probes
from streamsim.runs.probing import probe_run
from streamsim.simulation.gaze import BernoulliSaccades, FixedFixation

from .. import toys
from ..toy_runs import TOY, session, timeless, toy

EYE = {"environment": f"{toys.__name__}.CountingWorld", "agent": TOY["agent"]}
EAR = {
    "environment": {"class_path": f"{toys.__name__}.Paced", "init_args": {"period": "1/100", "length": 25}},
    "agent": {"class_path": f"{toys.__name__}.LinearLearner", "init_args": {"rate": 0.01}},
    "gaze": "FixedFixation",
}
TWO = {
    "pathways": {"eye": EYE, "ear": EAR},
    "shared_saccades": True,
    "streams": 2,
    "ticks": 20,
    "metrics_every": 3,
    "probe_every": 8,
    "online_probe_every": 5,
    "checkpoint_every": 7,
    "probes": {"n_train": 9, "n_test": 9, "pixels": False, "probes": ["LinearProbe"]},
}


def two(folder, **settings):
    """Return a configuration of an eye that looks ten times, and an ear that listens a hundred times a second."""
    path = folder / "two.yaml"
    path.write_text(yaml.safe_dump(TWO, sort_keys=False))
    return configure(path, settings)


def completed(path, configuration):
    whole = session(path, configuration)
    assert whole.run().finished
    whole.folder.close()
    return whole.simulation.digest()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The folder of a run without interruption, and the digest of its state."""
    folder = tmp_path_factory.mktemp("whole")
    return folder / "a", completed(folder / "a", two(folder))


def test_senses_are_described_by_name(tmp_path):
    experiment = two(
        tmp_path, **{"pathways.ear.gaze.length": "4", "pathways.eye.gaze.saccade_probability": "0.3"}
    ).experiment
    assert list(experiment.senses) == ["eye", "ear"]
    assert (experiment.environment, experiment.gaze) == (None, None)
    assert experiment.senses["eye"].gaze.saccade_probability == 0.3
    assert isinstance(experiment.senses["ear"].gaze, FixedFixation)
    assert experiment.senses["ear"].gaze.length == 4
    simulation = experiment.build()
    assert [(p.name, float(p.period)) for p in simulation.pathways] == [("eye", 0.1), ("ear", 0.01)]
    assert simulation.shared_saccades


def test_the_written_configuration_of_several_senses_means_the_same(tmp_path):
    first = two(tmp_path)
    (tmp_path / "again.yaml").write_text(first.text())
    again = configure(tmp_path / "again.yaml")
    assert again.tree == first.tree
    one, other = first.experiment.build(), again.experiment.build()
    one.run(5)
    other.run(5)
    assert one.digest() == other.digest()


def test_one_sense_is_the_eye(tmp_path):
    experiment = toy(tmp_path).experiment
    assert list(experiment.senses) == ["eye"]
    assert isinstance(Experiment(experiment.environment, experiment.agent).senses["eye"].gaze, BernoulliSaccades)


MISTAKES = {
    "beside": (
        {"gaze": "BernoulliSaccades"},
        "gaze cannot stand beside pathways, which have their own: move it into one of them, as",
    ),
    "no agent": (
        {"pathways.nose.environment": f"{toys.__name__}.Paced"},
        "Sense needs pathways.nose.agent: give --pathways",
    ),
    "unknown": (
        {"pathways.ear.gase": "BernoulliSaccades"},
        "pathways.ear.gase is not an option of Sense: did you mean pathways.ear.gaze",
    ),
    "list": ({"pathways": "[1]"}, "pathways must be settings by name, each a Sense (got [1])"),
    "none": ({"pathways": "{}"}, "pathways must name at least one sense"),
    "slash": ({"pathways": f"{{a/b: {json.dumps(EYE)}}}"}, "names without dots and slashes (got 'a/b')"),
    "alone": ({"pathways": f"{{eye: {json.dumps(EYE)}}}"}, "shared_saccades needs another pathway to share with"),
}


@pytest.mark.parametrize(("settings", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_told_in_a_sentence(tmp_path, settings, sentence):
    with pytest.raises(ConfigurationError) as caught:
        two(tmp_path, **settings).experiment.build()
    assert sentence in str(caught.value)


def test_instruments_watch_every_pathway_and_change_nothing(tmp_path):
    configuration = two(tmp_path)
    bare = configuration.experiment.build()
    bare.run(20)
    assert completed(tmp_path / "a", configuration) == bare.digest()
    lines = {name: read_rows(tmp_path / "a" / f"{name}.jsonl") for name in ("metrics", "probes", "health")}

    def when(name, pathway, **kind):
        chosen = [row for row in lines[name] if row["pathway"] == pathway and kind.items() <= row.items()]
        return list(dict.fromkeys((row["tick"], row["seconds"]) for row in chosen))

    # lengths are in ticks of the eye, and the ear keeps to the same times
    assert when("metrics", "eye") == [(t, t / 10) for t in (3, 6, 9, 12, 15, 18)]
    assert when("metrics", "ear") == [(t, t / 100) for t in (30, 60, 90, 120, 150, 180)]
    assert when("probes", "eye", probe="linear") == when("health", "eye") == [(0, 0), (8, 0.8), (16, 1.6), (20, 2)]
    assert when("probes", "ear", probe="linear") == when("health", "ear") == [(0, 0), (80, 0.8), (160, 1.6), (200, 2)]
    assert when("probes", "ear", probe="online") == [(50, 0.5), (100, 1), (150, 1.5), (200, 2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        films = read_films(tmp_path / "a")
    assert sorted({len(film.tick) for film in films}) == [16]
    assert sorted(p.name for p in (tmp_path / "a" / "media").iterdir() if p.suffix == ".npz") == [
        "film-ear.npz",
        "film-eye.npz",
    ]


def test_the_summary_tells_of_every_pathway(uninterrupted):
    folder, digest = uninterrupted
    summary = json.loads((folder / "summary.json").read_text())
    assert (summary["digest"], summary["ticks"], summary["seconds"], summary["damaged"]) == (digest, 20, 2.0, 0)
    assert {name: found["ticks"] for name, found in summary["pathways"].items()} == {"eye": 20, "ear": 200}
    ledger = {"weights": 2 * 16 * 16 * 4, "optimiser": 2 * 16 * 16 * 4, "anchors": 2 * 16 * 4}
    assert summary["pathways"]["ear"]["ledger"] == ledger
    assert summary["ledger"] == {role: 2 * size for role, size in ledger.items()}


class Stop(Instrument):
    """Ends the run after so many ticks of all pathways together: by a stop, or as a crash would."""

    def __init__(self, after, crash):
        self.left, self.crash = after, crash

    def watch(self, record):
        self.left -= 1
        if self.left == 0 and self.crash:
            raise ZeroDivisionError
        if self.left == 0:
            record.simulation.stop()


# the eye ticks for the last time as the 210th of 220
@pytest.mark.parametrize(
    ("after", "crash"), [(1, True), (77, False), (78, False), (100, True), (211, True), (213, False)]
)
def test_an_interruption_at_any_moment_is_undone_exactly(tmp_path, uninterrupted, after, crash):
    configuration = two(tmp_path)
    whole, digest = uninterrupted
    part = session(tmp_path / "part", configuration)
    part.simulation.instruments.insert(0, Stop(after, crash))
    try:
        assert not part.run().finished
    except ZeroDivisionError:
        assert crash
    part.folder.close()
    assert not (tmp_path / "part" / "summary.json").exists()
    rest = session(tmp_path / "part", configuration, fresh=False)
    assert rest.recover() == []
    if not crash:
        assert sum(rest.simulation.ticks(p) for p in rest.simulation.pathways) == after
    assert rest.run().finished
    rest.folder.close()
    assert rest.simulation.digest() == digest
    for name in ("metrics", "probes", "health", "confusions"):
        one, other = (timeless(read_rows(run / f"{name}.jsonl")) for run in (tmp_path / "part", whole))
        assert one == other
        assert one
    assert revive(tmp_path / "part")[1].digest() == digest


def test_a_longer_run_is_the_same_as_one_that_was_extended(tmp_path, uninterrupted):
    completed(tmp_path / "a", two(tmp_path, ticks="13"))
    rest = session(tmp_path / "a", two(tmp_path), fresh=False)
    rest.recover()
    assert rest.run().finished
    rest.folder.close()
    assert rest.simulation.digest() == uninterrupted[1]


def test_every_pathway_is_probed_afterwards(uninterrupted):
    folder, _ = uninterrupted
    found = probe_run(folder)
    assert list(dict.fromkeys((row["pathway"], row["tick"]) for row in found)) == [("eye", 20), ("ear", 200)]
    last = [row for row in read_rows(folder / "probes.jsonl") if row["tick"] == 200 and row["probe"] != "online"]
    ears = [row for row in found if row["pathway"] == "ear"]
    assert [(r["accuracy"], r["saccades"]) for r in ears] == [(r["accuracy"], r["saccades"]) for r in last]
    assert last[0]["saccades"] > 0


class Unlabelled(toys.Paced):
    """Has no labels."""

    def labelled(self, split):
        raise DataError("Unlabelled has no labels")


def test_a_sense_without_labels_is_not_probed_and_the_others_are(tmp_path):
    said = io.StringIO()
    configuration = two(tmp_path, **{"pathways.ear.environment": f"{__name__}.Unlabelled"})
    part = session(tmp_path / "a", configuration, console=Console(file=said))
    assert part.run().finished
    part.folder.close()
    assert "no probes of ear: Unlabelled has no labels" in said.getvalue()
    assert {row["pathway"] for row in read_rows(tmp_path / "a" / "probes.jsonl") if row["probe"] != "online"} == {"eye"}
    with pytest.warns(UserWarning, match="no probes of ear: Unlabelled has no labels"):
        assert {row["pathway"] for row in probe_run(tmp_path / "a")} == {"eye"}


def test_progress_and_tables_name_the_pathways(tmp_path, capsys):
    said = io.StringIO()
    part = session(tmp_path / "a", two(tmp_path), console=Console(file=said))
    part.run()
    part.folder.close()
    line = said.getvalue().splitlines()[-1]
    assert "eye loss " in line
    assert "ear loss " in line
    show_probes(read_rows(tmp_path / "a" / "probes.jsonl"))
    shown = capsys.readouterr().out
    assert (
        shown.index("pathway eye") < shown.index("40 frames") < shown.index("pathway ear") < shown.index("400 frames")
    )


def test_a_run_of_several_senses_is_not_continued_as_another(tmp_path, uninterrupted):
    shutil.copytree(uninterrupted[0], tmp_path / "b")
    rest = session(tmp_path / "b", two(tmp_path, shared_saccades="false"), fresh=False)
    with pytest.raises(Exception, match="shared_saccades was True"):
        rest.recover()
    rest.folder.close()


def test_a_sense_makes_its_pathway():
    sense = Sense(toys.CountingWorld(), toys.LinearLearner())
    assert isinstance(sense.pathway("ear").gaze, BernoulliSaccades)
    assert sense.pathway("ear").name == "ear"
