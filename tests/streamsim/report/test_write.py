"""A report holds the numbers of its run with their protocol, needs nothing from outside, leaves out what it lacks."""

import base64
import errno
import html
import json
import re
import shutil
import warnings

import numpy as np
import pytest
import torch
import yaml

from streamsim.cli import main
from streamsim.config.load import configure
from streamsim.contracts import trusting
from streamsim.contracts.errors import ConfigurationError, RunFolderError
from streamsim.instruments.health import Health
from streamsim.instruments.online_probe import OnlineProbe
from streamsim.instruments.recorder import Recorder, read_films
from streamsim.instruments.rows import JsonLines, read_rows
from streamsim.instruments.schedule import TickSchedule
from streamsim.report import charts as report_charts
from streamsim.report import curves as report_curves
from streamsim.report import pictures as report_pictures
from streamsim.report import tables as report_tables
from streamsim.report import write
from streamsim.report.data import Examples, RunData, latest
from streamsim.report.images import is_picture, mosaic, png
from streamsim.report.write import write_report

from ..toy_runs import TOY, completed, session, toy


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of the toys with every instrument."""
    base = tmp_path_factory.mktemp("report")
    path = base / "run"
    made = session(path, toy(base, ticks=40, probe_every=10, checkpoint_every=20, streams=2))
    schedule = TickSchedule(every=10, last=40)
    have = {type(i).__name__ for i in made.simulation.instruments}
    extra = [
        Health(schedule, sample_every=1, write=JsonLines(path / "health.jsonl").write),
        OnlineProbe(20, write=JsonLines(path / "probes.jsonl").write),
        Recorder(path, frames=6),
    ]
    made.simulation.instruments[1:1] = [i for i in extra if type(i).__name__ not in have]
    assert made.run().finished
    made.folder.close()
    return path


@pytest.fixture(scope="module")
def page(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return write_report(folder).read_text()


def without_plotly(page):
    return re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


def sections(page):
    return re.findall(r'<section id="(\w+)">', page)


def specs(page):
    return [json.loads(x) for x in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)]


def test_sections_with_data_are_there_and_others_are_not(page):
    assert sections(page) == [
        "result",
        "confusion",
        "stream",
        "curves",
        "learning",
        "health",
        "preferred",
        "map",
        "memory",
        "origin",
    ]


def test_the_table_holds_the_last_numbers_before_and_after(folder, page):
    last = [r for r in read_rows(folder / "probes.jsonl") if r["tick"] == 40 and r["probe"] == "linear"]
    table = page[page.index('id="result"') : page.index('id="stream"')]
    for row in last:
        if row["layer"] != "pixels":
            figures = [row["layer"], *(f"{100 * row[n]:.1f}" for n in ("drawn", "calibrated", "accuracy", "error"))]
            assert "".join(f"<td>{figure}</td>" for figure in figures) in table
    assert html.escape(last[0]["protocol"][1:]) in table
    assert f"{last[0]['n_train']:,} labelled examples to learn" in table


def test_curves_mark_the_calibrated_level(folder, page):
    rows = [r for r in read_rows(folder / "probes.jsonl") if r["layer"] == "layer2" and r["probe"] == "linear"]
    traces = [t for spec in specs(page) for t in spec["data"] if t["name"] == "layer2, calibrated"]
    assert [t["line"]["dash"] for t in traces] == ["dash", "dash"]  # of two probes
    assert traces[0]["y"] == pytest.approx([100 * rows[0]["calibrated"]] * len(rows), abs=0.01)


def test_a_probe_at_its_ceiling_is_said_to_be(folder):
    data = RunData(folder)
    last = report_tables.last_rows(data)
    for row in last:
        row["ceiling"] = row["layer"] == "layer2"
    assert report_tables.result(data).count("is at its ceiling before learning in layer2: at most 5 %") == 2  # probes
    for row in last:
        row["ceiling"] = False
    assert "ceiling" not in report_tables.result(data)


def test_a_run_of_0_1_0_shows_what_is_known_and_no_gain(tmp_path, folder):
    old = tmp_path / "old"
    shutil.copytree(folder, old)
    rows = read_rows(old / "probes.jsonl")
    (old / "probes.jsonl").unlink()
    new = ("drawn", "calibrated", "error", "gain_error", "ceiling", "looks", "n_clusters")
    for row in rows:
        then = {"untrained": row.get("drawn"), **{name: value for name, value in row.items() if name not in new}}
        JsonLines(old / "probes.jsonl").write(then)
    page = write_report(old).read_text()
    row = next(r for r in rows if (r["tick"], r["layer"], r["probe"]) == (40, "layer2", "linear"))
    shown = f"<td>{100 * row['drawn']:.1f}</td><td></td><td>{100 * row['accuracy']:.1f}</td><td></td><td></td>"
    assert f"<td>layer2</td>{shown}" in page
    assert "calibrated: not known here" in page and "points</b>" not in page


def test_the_headline_names_world_frames_seed_and_simulated_time(page):
    top = page[: page.index("<main>")]
    assert "Linear learner learns from Counting world" in top
    for cell in (
        "<b>80</b><span>frames</span>",
        "<b>40</b><span>ticks</span>",
        "<b>0</b><span>seed</span>",
        "<b>4 s</b><span>simulated time</span>",
    ):
        assert cell in top


def test_curves_follow_the_rows_on_all_three_axes(folder, page):
    curve = next(
        (spec, i)
        for spec in specs(page)
        for i, t in enumerate(spec["data"])
        if t["name"] == "layer2" and "axes" in spec
    )
    spec, i = curve
    written = [r for r in read_rows(folder / "probes.jsonl") if r["layer"] == "layer2" and r["probe"] == "linear"]
    assert spec["data"][i]["y"] == pytest.approx([100 * r["accuracy"] for r in written], abs=0.01)
    assert spec["axes"]["frames"][i] == [0, 20, 40, 60, 80]
    assert spec["axes"]["saccades"][i] == [r["saccades"] for r in written]
    assert spec["axes"]["seconds"][i] == [0, 1, 2, 3, 4]


def test_online_numbers_stay_out_of_the_result(page):
    table = page[page.index('id="result"') : page.index('id="stream"')]
    assert "online" not in table
    assert "online probe, first looks" in page


def test_nothing_is_loaded_from_outside(page):
    links = re.findall(r'(?:src|href)="([^"]*)"', without_plotly(page))
    assert len(links) > 10
    assert [link for link in links if not link.startswith(("data:", "#"))] == []
    assert "@import" not in page[: page.index("</style>")]
    assert page.count("plotly.js v") == 1


def test_every_figure_has_values(page):
    for spec in specs(page):
        assert any(y is not None for trace in spec["data"] for y in trace["y"])


def test_the_film_marks_saccades(folder, page):
    strip = page[page.index('id="stream"') : page.index('id="curves"')]
    assert strip.count('<div class="strip">') == 4
    frames = sum(film.frame.shape[0] * film.frame.shape[1] for film in read_films(folder))
    assert strip.count('<div class="frame ') == frames
    assert 'class="fixation"' in strip


def test_an_unfinished_run_has_a_report_without_empty_sections(tmp_path, folder):
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(folder / "config.yaml", bare)
    with trusting(), pytest.warns(UserWarning, match="bare holds no whole checkpoint, so what was learnt is not known"):
        page = write_report(bare).read_text()  # nothing says who made it
    assert sections(page) == ["origin"]
    assert "<b>0</b><span>frames</span>" in page and "what was learnt is not known" in page


def test_an_agent_that_cannot_be_rebuilt_costs_its_sections_only(tmp_path, folder):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    config = other / "config.yaml"
    config.write_text(config.read_text().replace("toys.LinearLearner", "toys.Gone"))
    with pytest.warns(UserWarning, match=r"the agent, which could not be rebuilt: .*Gone"):
        page = write_report(other).read_text()
    assert sections(page) == ["result", "confusion", "stream", "curves", "learning", "health", "memory", "origin"]
    assert "could not be rebuilt" in page


def test_writing_twice_gives_the_same_page(folder, page):
    assert write_report(folder).read_text() == page


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunFolderError, match="holds no run"):
        write_report(tmp_path)


def test_repeated_rows_count_once():
    twice = [{"tick": 0, "probe": "p", "layer": "a", "accuracy": x} for x in (0.1, 0.2)]
    assert [row["accuracy"] for row in latest(twice)] == [0.2]


def test_long_curves_are_averaged():
    points = [({"tick": t}, None if t % 2 else 1.0) for t in range(3000)]
    kept = report_charts.thinned(points)
    assert len(kept) == 300
    assert kept[0] == ({"tick": 9}, 1.0)


def test_a_chart_without_a_defined_value_is_left_out():
    row = {"tick": 1, "saccades": 1, "seconds": 0.1}
    empty = report_charts.curve("loss", [(row, None)], "#888", 1)
    assert report_charts.chart("loss", [empty], "") == ""
    assert "loss" in report_charts.chart("loss", [empty, report_charts.curve("b", [(row, 1.0)], "#888", 1)], "")


def test_real_time_is_summed_over_the_stretches_of_a_run(folder):
    data = RunData(folder)
    data.metrics = [{"wall": {"elapsed": seconds}} for seconds in (5.0, 9.0, 2.0, 4.0)]
    assert data.wall == 13.0


def test_png_is_a_png():
    from PIL import Image

    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    for channels in (1, 3, 4):
        path = __import__("io").BytesIO(png(np.ascontiguousarray(pixels[..., :channels])))
        assert np.array_equal(np.asarray(Image.open(path)).reshape(2, 3, channels), pixels[..., :channels])


def test_mosaic_places_tiles_row_by_row():
    tiles = np.full((3, 1, 2, 2), 9, np.uint8) * np.arange(1, 4, dtype=np.uint8)[:, None, None, None]
    sheet = mosaic(tiles, 2)
    assert sheet.shape == (5, 5, 4)
    assert sheet[..., 0].tolist()[0] == [9, 9, 0, 18, 18]
    assert sheet[3, 0].tolist() == [27, 27, 27, 255]
    assert sheet[3, 3].tolist() == [0, 0, 0, 0]


def test_only_pictures_are_shown_as_pictures():
    assert is_picture((3, 32, 32)) and is_picture((1, 16, 16))
    assert not is_picture((1, 160)) and not is_picture((7, 4, 4)) and not is_picture((1, 1, 160))


def test_filters_are_scaled_to_their_own_largest_weight():
    weight = torch.tensor([[[[2.0, -2.0], [0.0, 1.0]]]])
    sheet = report_pictures.weights_sheet(weight)
    assert sheet[::2, ::2, 0].tolist() == [[255, 0], [128, 191]]


def test_preferred_frames_are_those_that_drive_a_unit_most():
    activity = torch.tensor([[0.0, 5.0], [3.0, 1.0], [2.0, 9.0]])
    assert report_pictures.strongest(activity, 2).T.tolist() == [[1, 2], [2, 0]]
    assert report_pictures.alive(torch.tensor([[1.0, 2.0], [1.0, 3.0]])).tolist() == [1]


def test_agreement_is_the_share_of_the_commonest_class():
    examples = Examples(
        torch.zeros(6, 1), torch.tensor([0, 0, 0, 1, 1, 2]), {"a": torch.arange(6.0)[:, None]}, torch.zeros(6, 1)
    )
    # the best five are of classes 2, 1, 1, 0, 0
    assert report_pictures.agreement(examples, "a") == pytest.approx(40)


def test_filters_of_an_agent_that_has_some(folder):
    data = RunData(folder)
    type(data.pathway.agent).filters = lambda self, state: state["weights"]["layer1"].reshape(16, 1, 4, 4)
    try:
        shown = report_pictures.filters(data)
    finally:
        del type(data.pathway.agent).filters
    assert shown.count("<img") == 3
    assert all(base64.b64decode(x).startswith(b"\x89PNG") for x in re.findall(r"base64,([^\"]+)", shown))


def test_pairs_and_angles_appear_when_there_are_some(folder):
    data = RunData(folder)
    for row in data.health:
        row["comparisons"] |= {"negatives": 10, "negatives_of_the_same_class": 0.25, "age_of_negatives": 3.0}
        row["alignments"] = {"layer1: feedback": 88.0}
        row["likeness"] = {"layer1": {"same": 0.75, "other": None}}
    (wrong, ages, alike), (angles,) = specs(report_curves.pairs(data)), specs(report_curves.alignment(data))
    assert alike["data"][0]["y"][0] == 0.75
    assert wrong["data"][0]["y"][0] == 25.0
    assert ages["data"][1]["y"][0] == 3.0
    assert angles["data"][0]["y"][0] == 88.0


@pytest.mark.parametrize(
    ("name", "words"),
    [("ContrastiveHinge", "Contrastive hinge"), ("CLAPP", "CLAPP"), ("Objects3D", "Objects3D"), ("STL10", "STL10")],
)
def test_names_become_words(name, words):
    assert report_tables.words_of(name) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.5, "0.5 s"), (90, "90 s"), (240, "4.0 min"), (9000, "2.5 h"), (200000, "2.3 days")]
)
def test_durations(seconds, words):
    assert report_tables.duration(seconds) == words


def test_gains_are_coloured_beyond_twice_their_standard_error():
    row = {"accuracy": 0.55, "calibrated": 0.45, "gain_error": 0.04}
    assert 'class="up">+10.0' in report_tables.gain_text(row)
    assert 'class="">+10.0' in report_tables.gain_text({**row, "gain_error": 0.06})
    assert 'class="down">\N{MINUS SIGN}10.0' in report_tables.gain_text({**row, "accuracy": 0.35})
    assert report_tables.gain_text({**row, "calibrated": None, "gain_error": None}) == ""


def test_a_full_disk_is_told_with_the_way_to_repeat_the_report(folder, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(write, "replace_file", full)
    with pytest.raises(RunFolderError, match="make room, then repeat `streamsim report"):
        write_report(folder)


@pytest.mark.parametrize("name", ["summary.json", "provenance.json"])
@pytest.mark.parametrize("damage", [b"{", b"[1]", b"\xff\xfe"])
def test_a_damaged_file_is_named_in_one_sentence(tmp_path, folder, name, damage):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / name).write_bytes(damage)
    with pytest.raises(RunFolderError, match=rf"{name} is damaged, it is not a JSON object: restore the file"):
        write_report(other)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (b"streams: [", "config.yaml is not valid YAML at line"),
        (b"- 1", "config.yaml must hold settings by name"),
        (b"\xff\xfe", "config.yaml is not text in UTF-8"),
        (b"streams: many", r"config.yaml: streams must be a whole number \(got 'many'\)"),
    ],
)
def test_a_damaged_configuration_is_named_in_one_sentence(tmp_path, damage, words, capsys):
    (tmp_path / "config.yaml").write_bytes(damage)
    with pytest.raises(ConfigurationError, match=words):
        write_report(tmp_path)
    assert main(["report", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_every_sense_has_sections_of_its_own(tmp_path):
    parts = {
        "eye": {"environment": TOY["environment"], "agent": TOY["agent"]},
        "ear": {
            "environment": {"class_path": TOY["environment"].replace("CountingWorld", "Melodies")},
            "agent": TOY["agent"]["class_path"].replace("LinearLearner", "Echo"),
        },
    }
    probes = {"n_train": 9, "n_test": 9, "probes": ["LinearProbe"]}
    source = tmp_path / "two.yaml"
    source.write_text(yaml.safe_dump({"pathways": parts, "streams": 2, "ticks": 8, "probes": probes}, sort_keys=False))
    made = session(tmp_path / "run", configure(source))
    assert made.run().finished
    made.folder.close()
    page = write_report(tmp_path / "run").read_text()
    keys = re.findall(r'<section id="([\w-]+)">', page)
    assert "eye-stream" in keys and "ear-sound" in keys
    assert "eye-sound" not in keys and "ear-stream" not in keys
    assert keys.count("origin") == 1 and len(set(keys)) == len(keys)
    assert [f"#{key}" for key in keys if key.startswith("ear-")] == re.findall(r'href="(#ear-\w+)"', page)
    assert page.count("Many frames are of one recording") == 1
    ear = page[page.index("Echo learns from Melodies") :]
    assert "Linear learner learns from Counting world" in page and "<td>loudness</td>" in ear
    assert "<b>160</b><span>frames</span>" in ear


def test_every_curve_shows_when_an_intervention_was(tmp_path):
    asked = [{"at": 2.0, "set": {"gaze.saccade_probability": 0.9}}, {"at": 99.0, "set": {"efference.miss_rate": 0.1}}]
    completed(tmp_path / "run", toy(tmp_path, interventions=asked))
    page = write_report(tmp_path / "run").read_text()
    assert "Dashed vertical lines: at 2 s gaze.saccade_probability = 0.9." in page  # the other has not been
    curves = [spec for spec in specs(page) if "axes" in spec]
    for spec in curves:
        (place,) = [i for i, trace in enumerate(spec["data"]) if trace["name"] == "gaze.saccade_probability = 0.9"]
        x = {axis: own[place] for axis, own in spec["axes"].items()}
        assert x["seconds"] == [2.0, 2.0] and x["frames"] == [40, 40]  # two streams, ten ticks a second
        values = [y for trace in spec["data"] for y in trace["y"] if y is not None]
        assert spec["data"][place]["y"] == [min(values), max(values)]
    assert len(curves) > 3


@pytest.mark.parametrize("told", ["3", "[3]", "[{at: x}]", "[{set: {a: 1}}]", "[{at: 1.0}]", "[{at: 1.0, lesion: 3}]"])
def test_interventions_that_are_none_are_refused_with_a_sentence(tmp_path, told):
    completed(tmp_path / "run", toy(tmp_path))
    file = tmp_path / "run" / "config.yaml"
    file.write_text(file.read_text().replace("interventions: []", f"interventions: {told}"))
    with pytest.raises(ConfigurationError, match="intervention"):
        write_report(tmp_path / "run")
