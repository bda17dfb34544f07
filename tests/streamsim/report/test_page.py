"""Whatever a run wrote is shown as it is and never obeyed; the page's own files come with the package."""

import io
import json
import re
import shutil
from html.parser import HTMLParser
from importlib.resources import files
from types import SimpleNamespace

import jinja2
import numpy as np
import pytest
from markupsafe import Markup

from streamsim.contracts import trusting
from streamsim.instruments import Film
from streamsim.report.confusion import confusion
from streamsim.report.embedding import class_legend
from streamsim.report.images import image
from streamsim.report.page import Chapter, Section, page, piece, plot, section, table, text_file
from streamsim.report.pictures import strips
from streamsim.report.sound import sounds
from streamsim.report.write import write_report

from ..toy_runs import session, toy

UNTOLD = {"summary": {"labels_told": 0}}
EVIL = "<!--<script>alert(1)</script>"
"""Before the end of a script that follows it, a browser would take this for the start of another one."""


class Reader(HTMLParser):
    """What a browser makes of a page: scripts, their contents, all words outside of them, all attributes."""

    def __init__(self, source):
        super().__init__()
        self.scripts, self.words, self.attributes, self.tags, self.comments = [], "", [], [], []
        self.inside = False
        self.feed(str(source))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [value for _, value in attrs]
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "script"

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1] += data
        else:
            self.words += data

    def handle_comment(self, data):
        self.comments.append(data)


def film(modality="vision", **fields):
    """Two ticks of one stream, of a class with a hostile name."""
    heard = modality == "audio"
    made = {
        "tick": np.arange(2),
        "frame": np.ones((2, 1, 80), np.int16) if heard else np.ones((2, 1, 3, 4, 4), np.uint8),
        "saccade": np.ones((2, 1), bool),
        "received": np.ones((2, 1), bool),
        "object_id": np.zeros((2, 1), int),
        "label": np.zeros((2, 1), int),
        **fields,
    }
    return Film("first", EVIL, **made, facts={"classes": [EVIL], "period": 0.01, "modality": modality})


def harmless(source):
    """Read a piece and assert that it holds no script but the data of figures, and no comment."""
    read = Reader(source)
    assert not read.comments
    assert "<script>" not in source
    for script in read.scripts:
        json.loads(script)
    return read


@pytest.mark.parametrize("shown", [strips, sounds])
def test_a_hostile_label_is_shown_as_it_is(shown):
    modality = "audio" if shown is sounds else "vision"
    read = harmless(shown(SimpleNamespace(films=[film(modality)], **UNTOLD)))
    assert EVIL in read.words and EVIL in read.attributes


def test_a_tick_that_is_a_string_injects_nothing():
    tick = "<script>alert(1)</script>"
    read = harmless(strips(SimpleNamespace(films=[film(tick=np.array([tick, "2"]))], **UNTOLD)))
    assert f"ticks of the run: {tick} to 2" in read.words


def test_a_hostile_class_leaves_its_figure_readable():
    row = {
        "tick": 1,
        "frames": 8,
        "probe": EVIL,
        "layer": EVIL,
        "best": True,
        "accuracy": 0.5,
        "n_test": 2,
        "protocol": EVIL,
        "classes": [EVIL, "b"],
        "counts": [[0, 0, 1], [1, 0, 1]],
    }
    source = confusion(SimpleNamespace(confusions=[row]))
    read = harmless(source)
    (data,) = read.scripts
    assert "<" not in data and "\\u003c" not in data.replace("\\u003cextra\\u003e", "").replace("\\u003c/extra", "")
    # Plotly reads some tags in words, and entities as what they stand for
    assert json.loads(data)["data"][0]["x"] == ["&lt;!--&lt;script&gt;alert(1)&lt;/script&gt;", "b"]
    assert json.loads(data)["data"][0]["hovertemplate"].endswith("%<extra></extra>")
    assert EVIL in read.words


def test_figures_cannot_break_out_of_their_script():
    source = plot("a<b", {"data": [], "layout": {"<!--<script>": EVIL}})
    assert source.startswith("<figure><figcaption>a&lt;b</figcaption>")
    assert source.count("<script") == source.count("</script") == 1 and "<!--" not in source
    assert r"\u003c!--\u003cscript" in source


def test_words_are_escaped_and_markup_is_not():
    assert "<td>&lt;b&gt;</td><td><b>x</b></td>" in table((), [("<b>", Markup("<b>x</b>"))])
    assert 'alt="&lt;&amp;&#34;&gt;"' in image(np.zeros((1, 1, 3), np.uint8), 1, '<&">')
    assert section("<", Markup("<p>")).startswith("<h2>&lt;</h2>")
    assert section("nothing to tell", Markup()) == ""
    assert EVIL in harmless(class_legend((EVIL,))).words


def test_a_piece_without_one_of_its_words_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        piece("note")


def test_the_frame_of_the_page_escapes_titles_and_anchors():
    chapter = Chapter(Markup("<h1>x</h1>"), [Section('a"b', EVIL, Markup("<p>y</p>"))])
    source = page(EVIL, [chapter], Section("origin", "Origin", Markup("z")))
    read = Reader(source)
    assert not read.comments and len(read.scripts) == 2
    assert EVIL in read.words
    assert "#a" + '"b' in read.attributes and 'a"b' in read.attributes
    assert read.tags.count("section") == 2 and "<p>y</p>" in source


@pytest.mark.parametrize("name", ["page.html", "pieces.html", "style.css", "script.js"])
def test_the_files_of_the_page_come_with_the_package(name):
    assert (files("streamsim.report") / name).is_file()
    assert text_file(name).strip()


def test_own_style_and_script_reach_the_page_as_they_are():
    source = page("t", [], Section("origin", "Origin", Markup()))
    assert text_file("style.css") in source and text_file("script.js") in source


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A short run of the toys."""
    base = tmp_path_factory.mktemp("page")
    made = session(base / "run", toy(base, ticks=4, streams=2))
    assert made.run().finished
    made.folder.close()
    return base / "run"


def damaged(folder, facts=None, **arrays):
    """Write *arrays* and *facts* in place of those of the film in *folder*."""
    (path,) = (folder / "media").glob("film-*.npz")
    stored = dict(np.load(path))
    file = io.BytesIO()
    np.savez_compressed(file, **{**stored, **arrays})
    path.write_bytes(file.getvalue())
    side = path.with_suffix(".json")
    side.write_text(json.dumps({**json.loads(side.read_text()), **(facts or {})}))
    return stored


@pytest.mark.parametrize(
    ("damage", "facts"),
    [
        ({"first_tick": np.array(["<script>alert(1)</script>"] * 4)}, {}),
        ({"first_label": np.full((4, 2), 99)}, {}),
        ({}, {"period": "<script>alert(1)</script>"}),
        ({}, {"classes": None}),
    ],
    ids=["ticks are words", "a label without a name", "a period in words", "no classes"],
)
def test_a_film_of_nonsense_is_left_out_with_a_warning(tmp_path, recorded, damage, facts):
    folder = tmp_path / "run"
    shutil.copytree(recorded, folder)
    damaged(folder, facts, **damage)
    with pytest.warns(UserWarning, match="film of .* is damaged, so it is left out of the report: restore media/"):
        source = write_report(folder).read_text()
    assert "<script>alert" not in source
    last_remains = not facts
    assert ("What the agent saw" in source) == last_remains
    assert "first ticks of the run" not in source


def test_a_hostile_class_of_a_run_neither_breaks_nor_injects_anything(tmp_path, recorded):
    folder = tmp_path / "run"
    shutil.copytree(recorded, folder)
    (path,) = (folder / "media").glob("film-*.json")
    names = [EVIL] * len(json.loads(path.read_text())["classes"])
    damaged(folder, {"classes": names})
    (folder / "provenance.json").write_text(json.dumps({EVIL: EVIL, "source": EVIL, "device": EVIL}))
    config = folder / "config.yaml"
    config.write_text(f"# {EVIL}\n{config.read_text()}")
    with trusting():  # nothing but the signature says who made it, and that is gone
        source = write_report(folder).read_text()
    assert source.count("<script>") == 2 and "<!--" not in re.sub(r"<script>.*?</script>", "", source, flags=re.DOTALL)
    assert EVIL in Reader(source).words
