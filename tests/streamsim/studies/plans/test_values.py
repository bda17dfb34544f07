"""Values as users write them."""

from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from streamsim.contracts import ConfigurationError
from streamsim.studies.plans.values import expanded

DECIMALS = st.decimals(min_value=-1000, max_value=1000, allow_nan=False, places=3)
PLAIN = st.one_of(
    st.integers(-100, 100),
    st.booleans(),
    st.none(),
    st.text("abcXYZ ,:[]{}'\"#&*!-", max_size=8),
    st.lists(st.integers(0, 9), max_size=3),
    st.dictionaries(st.sampled_from(["CLAPP", "grid"]), st.lists(st.text("a,]", max_size=3), max_size=2), max_size=2),
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,2,4", ("1", "2", "4")),
        ("0.05:0.5:0.15", ("0.05", "0.2", "0.35", "0.5")),
        ("3:1:-1,7", ("3", "2", "1", "7")),
        ("1e-4:3e-4:1e-4", ("0.0001", "0.0002", "0.0003")),
        ("10:30:10", ("10", "20", "30")),
        ("5:5:1", ("5",)),
        ("[1, 2],[4]", ("[1, 2]", "[4]")),
        (
            "CLAPP,{ContrastiveHinge: {feedback: RandomFeedback}}",
            ("CLAPP", "{ContrastiveHinge: {feedback: RandomFeedback}}"),
        ),
        ("'1:3:1', a b ,/c/d", ("'1:3:1'", "a b", "/c/d")),
    ],
)
def test_values_are_separated_by_commas_and_ranges_have_both_ends(text, values):
    assert expanded("x", text) == values


@given(start=DECIMALS, step=DECIMALS.filter(bool), steps=st.integers(0, 40))
def test_a_range_is_exact_and_ends_where_it_says(start, step, steps):
    stop = start + step * steps
    found = expanded("x", f"{start}:{stop}:{step}")
    assert [Decimal(one) for one in found] == [start + step * n for n in range(steps + 1)]
    assert all("e" not in one.lower() and len(one) <= 10 for one in found)


@given(st.lists(PLAIN, min_size=1, max_size=5))
def test_whatever_yaml_can_say_comes_back(values):
    text = yaml.safe_dump(values, default_flow_style=True, width=1e9).strip()[1:-1]
    assert [yaml.safe_load(one) for one in expanded("x", text)] == values


@given(st.text("0123456789.:,-+eE[]{}'\" abc\n#&*!|>%@`", max_size=20))
def test_any_text_is_values_or_one_sentence(text):
    try:
        found = expanded("x", text)
    except ConfigurationError as error:
        assert "\n" not in str(error)
    else:
        assert 1 <= len(found) <= 5000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "x has no values: write x=1,2,4"),
        ("1,,2", "the values of x cannot be read (got '1,,2')"),
        ("[1,2", "put brackets in pairs"),
        ("1] #", "put brackets in pairs"),
        ("0:1:0", "has the step 0"),
        ("0:1:-0.1", "goes away from 1: change the sign"),
        ("0:1:0.3", "never comes to 1 (the last step is to 0.9)"),
        ("0:1:1e-9", "are more than 5000 values: take a larger step"),
        ("1," * 5001, "x has 5001 values and may have 5000"),
    ],
)
def test_what_is_no_values_is_told_in_a_sentence(text, words):
    with pytest.raises(ConfigurationError) as error:
        expanded("x", text)
    assert words in str(error.value)
