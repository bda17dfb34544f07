"""Which data a cell looked at, and whether they stand in for those of the paper."""

import pytest
import yaml

from streamsim.config.published.reading import table_in
from streamsim.studies.reproductions.used import data_used

from ...toy_tables import TABLE

CIFAR = (
    "{Deformations: {source: {Transfer: {learn_from: {CIFAR100: {root: /x/c100}}, probe_on: {CIFAR10: {root: c10/}}}}}}"
)

CASES = {
    "folders": (f"environment: {CIFAR}", 35.5, "c100 (read as CIFAR100), c10 (read as CIFAR10)", False),
    "other classes": (
        "environment: {STL10: {root: /data/photos96}}",
        18.0,
        "photos96 (read as STL10) instead of Patterns",
        True,
    ),
    "no folder": ("environment: {Objects3D: {size: 16}}", 35.0, "Objects3D instead of Patterns", True),
    "no settings": ("environment: Objects3D", 35.0, "Objects3D instead of Patterns", True),
    "several senses": (
        "pathways: {eye: {environment: {UCF101: {root: a}}}, ear: {environment: {LibriSpeech: {root: b}}}}",
        35.0,
        "a (read as UCF101), b (read as LibriSpeech)",
        False,
    ),
}


@pytest.mark.parametrize(("text", "chance", "words", "stand_in"), CASES.values(), ids=CASES)
def test_data_are_named_by_their_folders_and_no_path_is_told(text, chance, words, stand_in):
    table = table_in(yaml.safe_load(TABLE), "toy-table", "T")
    assert data_used(yaml.safe_load(text), table, chance) == (words, stand_in)
