"""The matrix of confusions is that of the last probing, in percent of each class, classes by name."""

import json
import re

import pytest
import torch

from streamsim.evaluation import dense
from streamsim.report.confusion import commonest, confusion, matrix


def row(layer="top", tick=10, best=False, counts=((0, 0, 3), (0, 2, 1), (2, 2, 4)), accuracy=0.875):
    return {
        "tick": tick,
        "frames": 1200,
        "probe": "linear",
        "layer": layer,
        "best": best,
        "accuracy": accuracy,
        "n_test": 8,
        "protocol": "offline",
        "classes": ["s", "never", "a"],
        "counts": [list(line) for line in counts],
    }


class Data:
    def __init__(self, *rows):
        self.confusions = list(rows)


def specs(page):
    return [json.loads(x) for x in re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)]


def test_rows_add_up_to_100_percent_and_classes_are_in_the_order_of_their_names():
    (spec,) = specs(matrix(row(), "best layer"))
    (trace,) = spec["data"]
    assert trace["x"] == trace["y"] == ["a", "s"]
    assert trace["z"] == [[100, 0], [25, 75]]
    assert trace["customdata"] == [[4, 0], [1, 3]]


def test_a_class_that_is_never_tested_but_named_has_a_row_of_0():
    (spec,) = specs(matrix(row(counts=((0, 1, 2),)), "best layer"))
    assert spec["data"][0]["y"] == ["never", "s"]
    assert spec["data"][0]["z"] == [[0, 0], [100, 0]]


def test_only_the_last_occasion_is_shown_each_layer_once():
    page = confusion(Data(row("old", tick=0, best=True), row("mid", best=True, accuracy=0.9), row(), row(accuracy=0.5)))
    assert "mid, best layer: 90.0 % right" in page and "top, uppermost layer: 50.0 % right" in page
    assert len(specs(page)) == 2
    assert "Linear probe after 1,200 frames: offline." in page
    assert "8 test examples, 50.0 % of them of the commonest class" in page


def test_one_layer_may_be_both():
    assert "top, uppermost and best layer" in confusion(Data(row(best=True)))


def test_nothing_told_nothing_shown():
    assert confusion(Data()) == ""


def test_dense_counts():
    assert dense(row()).tolist() == [[3, 0, 1], [0, 0, 0], [0, 0, 4]]
    assert commonest(torch.tensor([[3, 0], [1, 0]])) == pytest.approx(0.75)
