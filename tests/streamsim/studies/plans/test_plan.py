"""Axes and plans: what varies, crossed or in step, on the command line and in YAML."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamsim.contracts import ConfigurationError
from streamsim.studies.plans.axes import Axis, axes_of, crossed
from streamsim.studies.plans.plan import Plan, is_plan, plan_of

NAMES = st.lists(st.sampled_from(["seed", "agent.memory.capacity", "gaze", "a.b.0.c"]), unique=True, min_size=1)
VALUES = st.lists(st.sampled_from(["1", "0.5", "[1, 2]", "CLAPP", "null", "0:1:0.5"]), min_size=1, max_size=3)


@given(NAMES, st.data())
def test_a_grid_is_every_combination_once(names, data):
    grid = {name: data.draw(st.lists(st.integers(0, 99), unique=True, min_size=1, max_size=4)) for name in names}
    words = [f"{name}={','.join(map(str, values))}" for name, values in grid.items()]
    found = crossed(axes_of(words), {})
    assert [tuple(point.values()) for point in found] == [
        tuple(map(str, values)) for values in itertools.product(*grid.values())
    ]
    assert all(list(point) == names for point in found)


def test_settings_in_step_are_one_axis():
    axes = axes_of(["seed=0,1", "a=1,2", "+b=x,y", "+c=[0],[1]"])
    assert crossed(axes, {})[1:3] == [
        {"seed": "0", "a": "2", "b": "y", "c": "[1]"},
        {"seed": "1", "a": "1", "b": "x", "c": "[0]"},
    ]


@given(NAMES, st.data())
def test_a_plan_is_read_as_it_was_written(names, data):
    axes = tuple(Axis({name: ",".join(data.draw(VALUES))}) for name in names)
    together = Axis({"left": "1,2", "right": "a,'b, c'"})
    plan = Plan("x.yaml", {"ticks": "100"}, (axes, (together,)), 2, ("0123456789ab", "000000000000"))
    assert plan_of(plan.text(), "study.yaml") == plan
    assert is_plan(plan.text())


def test_a_plan_may_be_written_by_hand():
    text = (
        "preset: p\nsettings: {ticks: 9, probes: null}\ngrid: {seed: '0:2:1', a: [1, [2, 3], 'x,y']}\n"
        "zip: [{b: [1, 2], c: 3:4:1}]"
    )
    plan = plan_of(text, "study.yaml")
    assert plan.settings == {"ticks": "9", "probes": "null"}
    assert plan.varied == ["seed", "a", "b", "c"]
    assert len(plan.points()) == 18
    assert plan.points()[-1] == {"seed": "2", "a": "'x,y'", "b": "2", "c": "4"}


def test_a_plan_grows_by_what_it_has_not():
    one, two = Plan("p", {}, (tuple(axes_of(["a=1,2"])),)), Plan("p", {}, (tuple(axes_of(["a=1,2", "b=3"])),))
    assert one.joined(one) == one
    assert one.joined(two).varied == ["a", "b"]
    assert len(one.joined(two).points()) == 4


def test_what_goes_in_step_with_a_draw_is_at_random():
    words = ["seed=0,1", "a=uniform:0:1:3", "+b=x,y,z", "c=1,loguniform:1:9:2", "d=integers:1:64:3", "e=integers:1:8:3"]
    plan = Plan("p", {}, (tuple(axes_of(words)),))
    assert plan.at_random == ["a", "b", "c", "d"], "a few whole numbers by themselves are values like others"
    assert {name: draw.kind for name, (draw,) in plan.draws.items()} == {
        **{"a": "uniform", "c": "loguniform", "d": "integers", "e": "integers"}
    }
    assert Plan("p", {}, (tuple(axes_of(["e=integers:1:8:3", "+f=integers:1:2:3"])),)).at_random == ["e", "f"]


def test_the_configuration_of_a_run_is_no_plan():
    assert not is_plan("environment: {Objects3D: {}}\nticks: 5")
    assert not is_plan("[1")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "nothing varies: name a setting and its values"),
        (["seed"], "'seed' is no setting with values: write NAME=VALUE,VALUE"),
        (["=1"], "'=1' is no setting with values"),
        (["+a=1"], "has no setting before it to go in step with"),
        (["a=1", "a=2"], "a is varied twice: remove one"),
        (["ticks=1,2"], "ticks is both fixed and varied: remove one"),
        (["a=1,2", "+b=1,2,3"], "as many values each (a has 2, b has 3)"),
        (["a=0:99:1", "b=0:99:1"], "a study has at most 5000 cells (got 10000)"),
    ],
)
def test_what_is_no_grid_is_told_in_a_sentence(words, sentence):
    with pytest.raises(ConfigurationError) as error:
        crossed(axes_of(words), {"ticks": "9"})
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("presset: p", "presset is nothing that a study has: did you mean preset?"),
        ("preset: [1]", "preset must be the name of a preset or file"),
        ("grid: [1]", "grid must hold settings by name"),
        ("zip: 3", "zip must be a list"),
        ("sweeps: [{gird: {a: 1}}]", "gird is nothing that a sweep has"),
        ("threads: 0", "threads must be a whole number from 1"),
        ("grid: {a: 1", "study.yaml is not valid YAML at line"),
        ("grid: {a: 1, a: 2}", "'a' is given twice"),
    ],
)
def test_what_is_no_plan_is_told_in_a_sentence(text, sentence):
    with pytest.raises(ConfigurationError) as error:
        plan_of(text, "study.yaml")
    assert sentence in str(error.value)
