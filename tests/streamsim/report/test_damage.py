"""Whatever the files of a run hold, a report is made of them, or one sentence says where which of them is damaged."""

import copy
import io
import json
import re
import shutil

import numpy as np
import pytest

from streamsim.contracts import RunFolderError, StreamsimError
from streamsim.instruments import read_rows
from streamsim.report import data as report_data
from streamsim.report import tables
from streamsim.report.data import RunData
from streamsim.report.write import SECTIONS, write_report

from ..toy_runs import session, toy

JUNK = (None, "x", "\ud800", [], {}, [[]], {"a": {}}, -1, 0, 1e308, float("nan"), float("inf"), True, 10**400)

ROWS = ("metrics.jsonl", "probes.jsonl", "health.jsonl", "confusions.jsonl")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of the toys, without checkpoints, so that nothing but its files can be told of."""
    base = tmp_path_factory.mktemp("damage")
    made = session(base / "run", toy(base, ticks=20, probe_every=10, streams=2))
    assert made.run().finished
    made.folder.close()
    shutil.rmtree(base / "run" / "checkpoints")
    told = {"source": "a", "command": ["b"], "packages": {"c": "1"}, "git": {"d": 1}, "device": "e", "threads": 1}
    (base / "run" / "provenance.json").write_text(json.dumps(told))
    return base / "run"


@pytest.fixture
def run(tmp_path, finished):
    return shutil.copytree(finished, tmp_path / "run")


def told(folder, monkeypatch):
    """Return all that a report says of the files in *folder*, without an agent."""

    def gone(path):
        raise StreamsimError("gone")

    monkeypatch.setattr(report_data, "revive", gone)
    data = RunData(folder)
    return "".join([tables.heading(data), *(section(data) for _, _, section in SECTIONS), tables.origin(data)])


def harmed(value):
    """Yield copies of a JSON value with one thing in it gone, or something else."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: x for name, x in value.items() if name != key}
            yield from ({**value, key: x} for x in harmed(inner))
    elif isinstance(value, list):
        yield from ([x, *value[1:]] for x in harmed(value[0] if value else None))
    yield from (copy.deepcopy(x) for x in JUNK)


def written(value):
    """Return a value as a line of JSON, infinities and all."""
    return json.dumps(value).encode() + b"\n"


@pytest.mark.filterwarnings("ignore:the report says little")
@pytest.mark.parametrize("name", [*ROWS, "summary.json", "provenance.json"])
def test_a_report_is_made_or_the_damage_named(run, monkeypatch, name):
    before = (run / name).read_bytes()
    lines = before.splitlines(keepends=True) if name in ROWS else [before]
    refused = 0
    for harm in harmed(json.loads(lines[-1])):
        (run / name).write_bytes(b"".join([*lines[:-1], written(harm)]))
        try:
            assert told(run, monkeypatch)
        except RunFolderError as error:
            refused += 1
            sentence = rf"{run / name}[^:]* is damaged, .*: restore the file from a copy, or move .*"
            assert re.fullmatch(sentence, str(error))
    assert refused > len(JUNK)


@pytest.mark.filterwarnings("ignore:the report says little")
@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("metrics.jsonl", {"layers": {"layer1": {"loss": "x"}}}, r"layers.layer1.loss must be a number \(got 'x'\)"),
        ("probes.jsonl", {"accuracy": None}, r"accuracy must be a number \(got None\)"),
        ("probes.jsonl", {"probe": 3}, r"probe must be text \(got 3\)"),
        ("health.jsonl", {"comparisons": {}}, "comparisons.positives is missing"),
        ("confusions.jsonl", {"counts": [[0, 9, 1]]}, r"counts must be .* \(got \[0, 9, 1\] of 3 classes\)"),
        ("confusions.jsonl", {"classes": []}, r"classes must be 1 to 4096 \(got 0\)"),
        ("confusions.jsonl", {"classes": ["a"] * 9999}, r"classes must be 1 to 4096 \(got 9999\)"),
    ],
)
def test_the_sentence_names_line_key_and_value(run, name, change, words):
    lines = read_rows(run / name)
    (run / name).write_bytes(b"".join(map(written, [*lines[:-1], {**lines[-1], **change}])))
    with pytest.raises(RunFolderError, match=rf"{name}, line {len(lines)} is damaged, {words}: restore the file"):
        write_report(run)


@pytest.mark.filterwarnings("ignore:the report says little")
def test_rows_that_speak_of_other_layers_are_shown_as_far_as_they_go(run, monkeypatch):
    for name in ROWS:
        lines = read_rows(run / name)
        other = {**lines[-1], "layer": "other", "layers": {"other": {}}, "likeness": {"other": {}}, "alignments": {}}
        other |= {"layers": {}} if name == "health.jsonl" else {}
        (run / name).write_bytes(b"".join(map(written, [*lines, other])))
    assert told(run, monkeypatch)


@pytest.mark.filterwarnings("ignore:the report says little")
def test_rows_of_baselines_alone_make_no_curve(run, monkeypatch):
    lines = [{**row, "layer": "a", "baseline": True} for row in read_rows(run / "probes.jsonl")]
    (run / "probes.jsonl").write_bytes(b"".join(map(written, lines)))
    assert "probe</figcaption>" not in told(run, monkeypatch)


@pytest.mark.filterwarnings("ignore:the report says little")
@pytest.mark.parametrize("what", ["folder", "nothing", "deep"])
@pytest.mark.parametrize("name", [*ROWS, "summary.json", "provenance.json"])
def test_what_is_no_file_is_named_and_what_is_not_there_left_out(run, monkeypatch, name, what):
    (run / name).unlink()
    if what == "nothing":
        assert told(run, monkeypatch)
        return
    (run / name).mkdir() if what == "folder" else (run / name).write_bytes(b"[" * 99_999 + b"\n")
    words = "is a folder where a file belongs" if what == "folder" else "is damaged, it is not a JSON object"
    with pytest.raises(RunFolderError, match=f"{name}.* {words}"):
        told(run, monkeypatch)


# films


def refilmed(folder, facts=None, **arrays):
    """Write *arrays* and *facts* in place of those of the film in *folder*."""
    (path,) = (folder / "media").glob("film-*.npz")
    stored = dict(np.load(path))
    file = io.BytesIO()
    np.savez_compressed(file, **{**stored, **{name: change(stored[name]) for name, change in arrays.items()}})
    path.write_bytes(file.getvalue())
    side = path.with_suffix(".json")
    side.write_text(json.dumps({**json.loads(side.read_text()), **(facts or {})}))


FIELDS = ("tick", "frame", "saccade", "received", "object_id", "label")

CHANGES = {
    "one tick less": lambda x: x[:-1],
    "no axes": lambda x: x.reshape(-1)[0],
    "one axis more": lambda x: x[None],
    "one stream less": lambda x: x[:, :-1] if x.ndim > 1 else x[:-1],
    "words": lambda x: x.astype(str),
    "dates": lambda x: np.zeros(x.shape, "M8[s]"),
    "complex numbers": lambda x: x.astype(complex),
    "larger numbers": lambda x: x.astype(np.float64) * 1e300,
}


@pytest.mark.filterwarnings("ignore:the report says little")
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_film_that_no_run_wrote_is_left_out(run, monkeypatch, field, change):
    refilmed(run, **{f"first_{field}": change})
    with pytest.warns(UserWarning, match=r"first film of eye is damaged, so it is left out of the report: .* \(.*\)"):
        page = told(run, monkeypatch)
    assert "What the agent saw" in page and "first ticks of the run" not in page


@pytest.mark.filterwarnings("ignore:the report says little")
@pytest.mark.parametrize(
    "facts",
    [
        {"classes": []},
        {"classes": ["a"]},
        {"classes": [1, 2, 3]},
        {"classes": ["\ud800"] * 3},
        {"period": float("nan")},
        {"period": 0},
        {"period": 1e-300},
        {"period": 10**400},
        {"modality": 3},
        {"modality": "audio"},
        {"shape": [1, 4]},
        {"shape": "x"},
    ],
    ids=str,
)
def test_a_film_whose_facts_are_of_another_is_left_out(run, monkeypatch, facts):
    refilmed(run, facts)
    with pytest.warns(UserWarning, match="film of eye is damaged, so it is left out of the report"):
        page = told(run, monkeypatch)
    assert "What the agent saw" not in page and "What the agent heard" not in page


@pytest.mark.filterwarnings("ignore:the report says little")
def test_a_film_that_unpacks_to_more_than_there_is_room_for_is_left_out(run, monkeypatch):
    from streamsim.instruments import recorder

    monkeypatch.setattr(recorder, "LARGEST", 100)
    with pytest.warns(UserWarning, match="it would take more than 100 bytes"):
        assert "What the agent saw" not in told(run, monkeypatch)


@pytest.mark.filterwarnings("ignore:the report says little")
@pytest.mark.parametrize("what", ["link", "file"])
def test_films_are_not_looked_for_through_a_link(run, monkeypatch, tmp_path, what):
    shutil.move(run / "media", tmp_path / "other")
    (run / "media").symlink_to(tmp_path / "other") if what == "link" else (run / "media").write_text("")
    with pytest.warns(UserWarning, match=rf"media is a {what}.*; all films are left out"):
        assert "What the agent saw" not in told(run, monkeypatch)


@pytest.mark.parametrize("pathways", ["[1]", "3", "{eye: 3}", "{eye: {init_args: 3}}"])
def test_senses_that_are_none_are_told_of(run, pathways):
    (run / "config.yaml").write_text(f"pathways: {pathways}\n")
    with pytest.raises(StreamsimError, match=r"config\.yaml: pathways.* must be .*: mend it|has a name in it"):
        write_report(run)
