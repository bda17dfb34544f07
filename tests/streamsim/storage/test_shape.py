"""What was read is what it should be, or half a sentence says where it is not."""

from typing import Any, NotRequired, TypedDict

import pytest

from streamsim.storage import fault, json_value


class Inner(TypedDict):
    share: float | None
    names: list[str]


class Outer(TypedDict):
    tick: int
    flag: bool
    inner: NotRequired[Inner]
    table: NotRequired[dict[str, dict[str, float | None]]]
    anything: NotRequired[Any]


GOOD = {"tick": 1, "flag": True}


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        {**GOOD, "unknown": [1, {}]},
        {**GOOD, "inner": {"share": None, "names": []}, "anything": float("nan")},
        {**GOOD, "inner": {"share": 1, "names": ["a"]}, "table": {"a": {"b": 0.5}, "c": {}}},
    ],
)
def test_what_fits(value):
    assert fault(value, Outer) == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "it must be an object (got a list of 0)"),
        ({"flag": True}, "tick is missing"),
        ({**GOOD, "tick": "1"}, "tick must be a whole number (got '1')"),
        ({**GOOD, "tick": 1.0}, "tick must be a whole number (got 1.0)"),
        ({**GOOD, "tick": True}, "tick must be a whole number (got True)"),
        ({**GOOD, "tick": 10**400}, "tick must be a whole number (got a number of 1329 bits)"),
        ({**GOOD, "flag": 1}, "flag must be true or false (got 1)"),
        ({**GOOD, "inner": {"share": 1.0}}, "inner.names is missing"),
        ({**GOOD, "inner": {"share": "x" * 99, "names": []}}, f"inner.share must be a number (got '{'x' * 76}...)"),
        ({**GOOD, "inner": {"share": float("nan"), "names": []}}, "inner.share must be a number (got nan)"),
        ({**GOOD, "inner": {"share": 0.0, "names": ["a", 2]}}, "inner.names.1 must be text (got 2)"),
        ({**GOOD, "inner": {"share": 0.0, "names": ["\ud800"]}}, "inner.names.0 must be text (got '\\ud800')"),
        ({**GOOD, "table": {"a": {"b": []}}}, "table.a.b must be a number (got a list of 0)"),
        ({**GOOD, "table": {"a": None}}, "table.a must be an object (got None)"),
        ({**GOOD, "table": {"\ud800": {}}}, "table has a name in it that is no text"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(value, words):
    assert fault(value, Outer) == words


def test_of_several_kinds_the_deepest_fault_is_told():
    assert fault({"share": 1, "names": 2}, Inner | None, "inner") == "inner.names must be a list (got 2)"
    assert fault(None, Inner | None) == "" and fault(1, None) == "it must be null (got 1)"


@pytest.mark.parametrize("text", [b"{", b"[" * 100_000, b"\xff", b"1" * 5000])
def test_what_is_no_json_is_no_value(text):
    with pytest.raises(ValueError, match=r"."):
        json_value(text)


def test_what_is_nested_too_deep_is_no_value():
    """A hundred levels are a value, one more is none, though the parser of JSON could read it."""
    within = b'{"a": [' * 50 + b"1" + b"]}" * 50
    assert json_value(within)
    with pytest.raises(ValueError, match="nested too deep"):
        json_value(b"[" + within + b"]")
