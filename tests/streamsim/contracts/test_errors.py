"""Suggestions."""

import pytest

from streamsim.contracts.errors import abbreviates, nearest, suggestion

NAMES = ["agent.optimiser.learning_rate", "agent.optimiser.every", "agent.retina", "agent.rule.learning_rate_factor"]


@pytest.mark.parametrize(
    ("name", "names", "expected"),
    [
        ("agent.optimiser.lerning_rate", NAMES, "agent.optimiser.learning_rate"),
        ("agent.optimiser.lr", NAMES, "agent.optimiser.learning_rate"),
        ("agent.optimiser.Learning-Rate", NAMES, "agent.optimiser.learning_rate"),
        ("agent.lerning", NAMES[1:3], None),
        ("gaze.prob", ["gaze.saccade_probability"], "gaze.saccade_probability"),
        ("rate", ["b.a.rate", "a.rate", "b.rate"], "a.rate"),
        ("BernouliSaccades", ["FixedFixation", "BernoulliSaccades"], "BernoulliSaccades"),
        ("cn", ["GlobalContrastNorm"], None),
        ("gcn", ["GlobalContrastNorm"], "GlobalContrastNorm"),
        ("x", ["learning_rate"], None),
    ],
)
def test_the_nearest_name_by_its_last_word(name, names, expected):
    assert nearest(name, names) == expected


def test_similarity_can_be_asked_for():
    assert nearest("stl11", ["stl10"], cutoff=0.8) == "stl10"
    assert nearest("stl11", ["stl10"], cutoff=0.9) is None


def test_initials_and_beginnings():
    assert abbreviates("lr", "learning_rate")
    assert abbreviates("env", "environment")
    assert not abbreviates("en", "environment")
    assert not abbreviates("rat", "learning_date")


def test_sentences_end_in_a_name_or_in_all():
    assert suggestion("rnu", ["run", "resume"]) == "did you mean run?"
    assert suggestion("zebra", ["run", "resume"]) == "choose among resume, run"
    assert suggestion("zebra", []) == "there is nothing to choose from"
