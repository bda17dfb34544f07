"""The page of a study: its figures, what it says beside them, and names that are not to be trusted."""

import base64
import re
from xml.etree import ElementTree

import pytest

from streamsim.studies.figures import study_page
from streamsim.studies.figures.page import heading

from .tables import GAINS, grid, row, table, told

pytest.importorskip("matplotlib")

HOSTILE = "$x_1$<script>alert(1)</script>\\frac\n\x00\u202e\ud800" + "w" * 300


def files(page, kind):
    """What the links of a page hold."""
    return [base64.b64decode(data) for data in re.findall(f'href="data:{kind};base64,([^"]*)"', page)]


def words(svg):
    """The texts of a figure."""
    return [text for node in ElementTree.fromstring(svg).iter() if (text := (node.text or "").strip())]


def test_a_page_holds_its_figures_and_how_they_came_about():
    page = study_page(table(grid(), protocols={"linear": ["ridge regression"]}))
    drawings = [*map(words, files(page, "image/svg.xml"))]
    assert len(drawings) == len(files(page, "application/pdf")) == page.count("<svg") == 5
    effects, heat, *_ = drawings
    assert {"a", "b", "x", "y", "gain over calibrated (points)", "linear probe of top"} <= {*effects}
    assert {"+12.0", "\N{PLUS-MINUS SIGN}2.0", "+42.0"} <= {*heat}
    assert all(pdf.startswith(b"%PDF") and b"/FontFile2" in pdf for pdf in files(page, "application/pdf"))
    for said in (
        "+26.5 points (standard error 1.5 over 2 seeds), averaged over 4 combinations of settings",
        "Linear probe of top, 200 test examples, chance 25.0 %, 80 frames seen. Mean and standard error over 2 seeds.",
        "<td>linear: ridge regression</td>",
        "<td>100 to learn the read-out from, 200 others (test) to test it</td>",
        "<td>8 cells: 8 finished</td>",
        "<td>2: 0, 1</td>",
    ):
        assert said in page


def test_hostile_names_are_words():
    gains = {(f"{HOSTILE}{a}", b, seed): gain for (a, b, seed), gain in GAINS.items() if b == "x"}
    rows = [{**own, "layer": HOSTILE, "pathway": HOSTILE} for own in grid(gains, (HOSTILE, "b", "seed"))]
    page = study_page(table(rows, (HOSTILE, "b", "seed"), protocols={"linear": [HOSTILE]}, remarks=[HOSTILE]))
    assert "<script" not in page
    assert "\x00" not in page
    assert page.encode()
    shown = words(files(page, "image/svg.xml")[0])
    assert any(text.startswith("$x_1$<script>") for text in shown)
    assert max(map(len, shown)) < 60


def test_one_seed_says_so():
    gains = {point: gain for point, gain in GAINS.items() if point[1:] == ("x", 0)}
    page = study_page(table(grid(gains)))
    assert "+20.0 points (one seed), averaged over 2 combinations of settings" in page
    assert "One seed, so that no standard error can be given." in page
    assert "<td>none: one seed</td>" in page
    assert "standard error over" not in page
    assert page == study_page(table(grid(gains)))


def test_without_anything_to_show_there_is_no_figure():
    page = study_page(table([]))
    assert "None that is finished was probed, so that there is nothing to show." in page
    assert "<svg" not in page
    page = study_page(table([row("0", {"a": 1, "b": "x", "seed": 0}, 0.1)]))
    assert "there is no figure" in page
    assert "<svg" not in page


def test_other_layers_are_folded_away_and_accuracy_stands_in_for_an_unknown_gain():
    rows = [own for own in grid() if own["tick"] == 20 and own["b"] == "x"]
    low = [{**own, "layer": "low", "calibrated": None, "gain": None} for own in rows]
    page = study_page(table([*low, *rows]))
    assert "<details><summary>linear probe of low</summary>" in page
    assert "accuracy (%)" in words(files(page, "image/svg.xml")[-1])


def test_the_headline_of_an_unfinished_study_says_on_what_it_stands():
    def said(rows, **standing):
        given = table(rows, standing=standing)
        return heading(given, told(rows))

    whole = said(grid(), finished=8, failed=1, waiting=3)
    assert "averaged over 4 combinations of settings. This stands on 8 of 12 cells; 4 are missing.</p>" in whole
    gains = {point: gain for point, gain in GAINS.items() if point != (2, "y", 1)}
    assert (
        "This stands on 6 of 8 cells, those that are complete: with the same seeds in all combinations; 1 is missing."
        in said(grid(gains), finished=7, failed=1)
    )
    assert "This stands on" not in said(grid(), finished=8)
