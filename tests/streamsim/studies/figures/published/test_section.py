"""What the page says of rows beside a paper, and what its two figures show."""

import re

import pytest

from streamsim.studies.figures import Reproduction, RowResult, reproduction_section, spread
from streamsim.studies.reproductions import csv_of, markdown_of, read_csv


def row(name="gll-rf", group="hinge", published=67.83, layers=None, **other):
    return RowResult(
        **{
            "name": name,
            "label": f"label of {name}",
            "group": group,
            "published": published,
            "layers": layers or {"layer1": (30.0, 34.0), "layer2": (40.0, 43.0)},
            "calibrated": (35.0, 36.0),
            "drawn": (33.0, 33.5),
            "loss": {16.0: 2.0, 32.0: 1.5},
            "frames": 32.0,
            "streams": 8,
            "n_train": 2000,
            "n_test": 1000,
            "chance": 10.0,
            "protocol": "a probe of its own kind",
            "data": "c100 (read as CIFAR100)",
            "stand_in": False,
            **other,
        }
    )


def told(*rows, **other):
    figures = {"layers": "Figure 7", "loss": "Figure 6", "distances": "Figure 5"}
    return Reproduction(
        "t1", "A title", "A paper", "accuracy", "cpu", rows, notes=["It is online."], **other, figures=figures
    )


def page(*rows, **other):
    pytest.importorskip("matplotlib")
    return str(reproduction_section(told(*rows, **other)).content)


def test_a_mean_over_seeds_has_a_deviation_if_there_are_several():
    assert spread([40.0, 43.0]).text() == "41.5 \N{PLUS-MINUS SIGN} 2.1"
    assert spread([40.0]).text() == "40.0"
    assert spread([]) is None


def test_a_row_stands_beside_what_was_published():
    cells = re.findall("<td>(.*?)</td>", page(row()))
    assert cells == [
        *("label of gll-rf", "67.83", "41.5 \N{PLUS-MINUS SIGN} 2.1", "\N{MINUS SIGN}26.3", "2", "35.5", "33.2"),
        *("layer2", "32", "8", "2,000 / 1,000"),
    ]


def test_no_difference_is_given_on_a_stand_in_or_without_a_published_number():
    assert row(stand_in=True).difference is None
    assert row(published=None).difference is None
    assert row().difference == pytest.approx(-26.33)


def test_what_belongs_beside_the_numbers_is_said_and_of_which_rows():
    shown = page(
        row(), row("rll-bp", stand_in=True, data="Objects3D instead of CIFAR-100", note="It is <new>."), missing=["e2e"]
    )
    for words in (
        "Data: c100 (read as CIFAR100) (gll-rf).",
        "Stand-in: Objects3D instead of CIFAR-100 (rll-bp).",
        "Probe: a probe of its own kind. Chance is 10.0 %.",
        "It is online.",
        "label of rll-bp: It is &lt;new&gt;.",
        "Not finished yet: e2e.",
        "Figure 5, how initial distances of single pairs are distributed, cannot be drawn",
    ):
        assert words in shown
    assert "no cell is finished" in page(missing=["e2e"]).lower()


def test_figures_have_a_panel_a_heading_and_a_line_a_row():
    shown = page(
        row("a", group="one"),
        row("b", group="one"),
        row("c", group="two"),
        row("d", group="flat", layers={"top": (1.0,)}),
    )
    layers, loss = re.findall(r'<figure class="paper">(.*?)</figure>', shown, re.DOTALL)
    assert "Accuracy of each layer (the paper&#39;s Figure 7)" in layers
    assert "Loss over training (the paper&#39;s Figure 6)" in loss
    for figure, rows, headings in ((layers, "abc", ("one", "two")), (loss, "abcd", ("one", "two", "flat"))):
        texts = re.findall(r">([^<>\n]+)</text>", figure)
        assert [text for text in texts if text.startswith("label of")] == [f"label of {name}" for name in rows]
        assert [text for text in texts if text in ("one", "two", "flat")] == list(headings)
        assert figure.count('download="') == 2
    assert "layer1" in layers and "accuracy (%)" in layers and "frames seen" in loss


def test_without_layers_and_losses_there_are_no_figures():
    assert "<figure" not in page(row(layers={"top": (1.0, 2.0)}, loss={}))


def test_a_result_that_is_put_down_reads_the_same():
    lines = read_csv(
        csv_of(told(row(), row("x|y", group="", published=None, layers={"top": (50.0,)}, calibrated=(), drawn=())))
    )
    assert lines[0]["difference"] == "-26.33" and lines[0]["deviation"] == "2.12" and lines[1]["deviation"] == ""
    shown = markdown_of("A title, at the scale cpu", lines).splitlines()
    assert shown[0] == "**A title, at the scale cpu**"
    assert shown[4:] == [
        "| hinge: label of gll-rf | 67.83 | 41.5 \N{PLUS-MINUS SIGN} 2.1 | 35.5 | 2 | 32 | c100 (read as CIFAR100) |",
        "| label of x/y |  | 50.0 |  | 1 | 32 | c100 (read as CIFAR100) |",
    ]
