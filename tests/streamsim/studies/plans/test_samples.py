"""Values drawn at random."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamsim.contracts import ConfigurationError
from streamsim.studies.plans.values import expanded

ENDS = st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)).map(sorted)


def test_a_study_that_is_repeated_draws_the_same_and_one_that_grows_draws_more():
    few = expanded("a", "uniform:0.05:0.5:3")
    assert few == ("0.2345", "0.36", "0.3301")
    assert expanded("a", "uniform:0.05:0.5:5")[:3] == few
    assert expanded("b", "uniform:0.05:0.5:3") != few
    assert expanded("a", "1,uniform:0.05:0.5:3,7") == ("1", *few, "7")


def test_another_seed_draws_other_numbers():
    first, second = (expanded("a", f"uniform:0.05:0.5:20:{seed}") for seed in (0, 1))
    assert first == expanded("a", "uniform:0.05:0.5:20")
    assert not {*first} & {*second}
    assert second[:3] == expanded("a", "uniform:0.05:0.5:3:1")


@given(ENDS, st.integers(-3, 3), st.sampled_from(["uniform", "loguniform", "integers"]))
def test_what_is_drawn_lies_between_the_ends(ends, power, kind):
    scale = 1 if kind == "integers" else 10.0**power
    low, high = (end * scale for end in ends)
    found = expanded("x", f"{kind}:{low}:{high}:20")
    assert len(found) == 20
    assert all(low <= float(value) <= high for value in found)
    assert kind != "integers" or all(value.isdigit() for value in found)


def test_distributions_are_what_they_are_called():
    middle = {"uniform": 50.05, "loguniform": math.sqrt(0.1 * 100)}
    for kind, half in middle.items():
        below = [float(value) < half for value in expanded("x", f"{kind}:0.1:100:4000")]
        assert 0.47 < sum(below) / 4000 < 0.53
    drawn = expanded("x", "integers:1:4:4000")
    assert all(0.22 < drawn.count(value) / 4000 < 0.28 for value in "1234")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("unifrom:0:1:3", "x=unifrom:0:1:3: unifrom is no distribution: did you mean uniform?"),
        ("uniform:1:0:3", "x=uniform:1:0:3 has no numbers between its ends"),
        ("loguniform:0:1:3", "x=loguniform:0:1:3: 0 has no logarithm: give an end above 0"),
        ("integers:0.5:3:3", "both ends must be whole numbers"),
        ("uniform:0:1:0", "draws 0 values: their number, the third one, must lie between 1 and 5000"),
        ("uniform:0:1:99999", "draws 99999 values"),
        ("uniform:0:1", "x=uniform:0:1 does not say how many numbers are to be drawn: write x=uniform:0:1:20"),
        (
            "uniform:0:x:3",
            "x cannot be drawn from 'uniform:0:x:3': write x=uniform:LOW:HIGH:COUNT, such as uniform:1:8:20",
        ),
        ("integers:1:8:5:2:3", "write x=integers:LOW:HIGH:COUNT"),
    ],
)
def test_what_cannot_be_drawn_is_said(text, sentence):
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        expanded("x", text)


@pytest.mark.parametrize("text", ["a:b:c:d", "cuda:0:1", "uniform", "'uniform:0:1'", "module.Class:1"])
def test_what_only_looks_like_a_distribution_is_a_value(text):
    assert expanded("x", text) == (text,)
