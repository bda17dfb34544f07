"""Text that was written to do harm, or by a machine that went wrong: a sentence, soon, and in little memory."""

import time
import tracemalloc

import pytest

from streamsim.config import coerce, configure, parsed
from streamsim.contracts import ConfigurationError, shown

from .. import toys
from ..toy_runs import toy

BOMB = "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
FLOWING = f"&a [lol], &b [{', '.join(['*a'] * 9)}]"
for _one, _next in zip("bcdefgh", "cdefghi", strict=True):
    FLOWING += f", &{_next} [{', '.join([f'*{_one}'] * 9)}]"

FILES = {
    "aliases of aliases": (f"a: &a [lol, lol]\n{BOMB}\nstreams: *i\n", "line 5: its aliases stand for more than"),
    "an alias of itself": ("streams: &a [*a]\n", "line 1: an alias stands for itself"),
    "deep lists": ("streams: " + "[" * 5000 + "]" * 5000, "line 1: nested more than"),
    "deep settings": ("{a: " * 5000 + "1" + "}" * 5000, "line 1: nested more than"),
    "a long number": ("ticks: " + "9" * 5000, "line 1: a number of 5000 digits"),
    "a long number in hexadecimal": ("seed: 0x" + "f" * 5000, "line 1: a number of 5002 digits"),
    "NUL": ('device: "cpu\\0"', "line 1: text must not hold NUL"),
    "half a character": ('device: "\\ud800"', "line 1: text must not hold"),
    "a setting twice": ("ticks: 1\nstreams: 1\nticks: 2\n", "line 3: 'ticks' is given twice: remove one"),
    "a setting of a part twice": (
        "gaze:\n  FixedFixation: {length: 1, length: 2}\n",
        "line 2: 'length' is given twice",
    ),
    "a list as a name": ("? [1, 2]\n: 3\n", "line 1: the name of a setting must be text"),
    "no truth value": ("health: !!bool perhaps", "line 1: 'perhaps' is no bool"),
    "no number": ("ticks: !!int many", "line 1: 'many' is no int"),
    "an object": ("ticks: !!python/object/apply:os.getcwd []", "line 1: could not determine a constructor"),
    "too long": ("ticks: 1\n" + "# nothing\n" * 15_000, "longer than 131072 characters"),
    "too long to be read soon": (f"streams: [{'{a: 1},' * 150_000}]", "longer than 131072 characters"),
    "aliases of a long text": (
        f"device: &a {'a' * 8000}\nstreams: [{'*a, ' * 5000}]",
        "line 2: its aliases stand for more than",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), FILES.values(), ids=FILES)
def test_a_file_is_refused_in_a_short_sentence_at_once(tmp_path, text, sentence):
    (tmp_path / "bad.yaml").write_text(text)
    assert sentence in refusal(lambda: configure(tmp_path / "bad.yaml"))


VALUES = {
    "aliases of aliases": ({"gaze": f"[{FLOWING}]"}, "its aliases stand for more than"),
    "aliases of aliases in a list of numbers": (
        {"gaze": "ScriptedSaccades", "gaze.ticks": f"- [{FLOWING}]"},
        "gaze.ticks must be a list",
    ),
    "deep lists": ({"gaze": "[" * 5000 + "]" * 5000}, "nested more than"),
    "deep lists for a number": ({"streams": "- " * 5000 + "1"}, "streams must be a whole number"),
    "a setting twice": ({"gaze": "{saccade_probability: 0.1, saccade_probability: 0.2}"}, "is given twice"),
    "a long number": ({"ticks": "9" * 5000}, "ticks must be a whole number"),
    "a long number from Python": ({"ticks": 10**5000}, "ticks must be a whole number"),
    "long lists": ({"gaze": f"[{'a,' * 10_000}]"}, "longer than 16384 characters"),
    "a long list for a number": ({"streams": "- a\n" * 10_000}, "streams must be a whole number"),
    "no truth value": ({"health": "!!bool perhaps"}, "health must be true or false"),
    "no number in a list": ({"gaze": "ScriptedSaccades", "gaze.ticks": "- !!int many"}, "gaze.ticks must be a list"),
    "a number that is none": ({"probes.probes.²": "LinearProbe"}, "probes.probes"),
    "another number that is none": ({"probes.probes.①.weight_decay": "1"}, "probes.probes"),
    "settings as a list": ({"gaze": {"class_path": "FixedFixation", "init_args": [1, 2]}}, "gaze.init_args must be"),
    "a class as a list": ({"gaze": {"class_path": ["FixedFixation"]}}, "gaze.class_path must be"),
    "a number as a name": ({"gaze": {1: 2}}, "gaze needs the name of its Gaze"),
}


@pytest.mark.parametrize(("settings", "sentence"), VALUES.values(), ids=VALUES)
def test_a_value_is_refused_in_a_short_sentence_at_once(tmp_path, settings, sentence):
    assert sentence in refusal(lambda: toy(tmp_path, **settings))


def refusal(act):
    """Return the sentence with which *act* is refused, which takes neither time nor memory."""
    began = time.perf_counter()
    tracemalloc.start()
    try:
        with pytest.raises(ConfigurationError) as caught:
            act()
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - began < 20
    assert len(str(caught.value)) < 1000
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "name"), [("1: 2", "1"), ("~: 2", "~"), ("yes: 2", "yes"), ("2001-01-01: 2", "2001-01-01")]
)
def test_names_are_text_whatever_they_look_like(tmp_path, text, name):
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=f"^{name} is not a setting"):
        configure(tmp_path / "odd.yaml")


def test_what_looks_like_a_date_is_text():
    for date in ("2001-01-01", "2001-13-45"):
        assert parsed(f"device: {date}", "dated") == {"device": date}


def test_aliases_that_stand_for_little_and_merged_settings_are_read(tmp_path):
    sense = f"environment: {toys.__name__}.CountingWorld, agent: {toys.__name__}.LinearLearner"
    senses = (
        f"pathways:\n  one: &one {{{sense}, efference: {{latency: 2}}}}\n  two: {{<<: *one, gaze: FixedFixation}}\n"
    )
    (tmp_path / "fine.yaml").write_text(f"{senses}  three: *one\n")
    found = configure(tmp_path / "fine.yaml").experiment.senses
    assert [sense.efference.latency for sense in found.values()] == [2, 2, 2]
    assert [type(sense.gaze).__name__ for sense in found.values()] == [
        "BernoulliSaccades",
        "FixedFixation",
        "BernoulliSaccades",
    ]


def test_what_is_shown_is_shortened_before_it_is_spelt():
    value = ["lol"] * 9
    for _ in range(60):
        value = [value] * 9
    assert len(shown(value)) <= 80
    assert len(shown(10**5000)) <= 80
    assert shown("a" * 500).startswith("'aaaa")
    assert len(shown("a" * 500)) <= 80


def test_whole_numbers_that_no_float_holds():
    with pytest.raises(ConfigurationError, match=r"^rate must be a number \(got a number of 1329 bits\)$"):
        coerce(10**400, float, "rate")


NOT_FINITE = [".inf", "-.inf", "1e400", "-1e400", ".nan", float("inf"), float("nan")]


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("annotation", [float, float | None, int | float])
def test_numbers_are_finite(value, annotation):
    with pytest.raises(ConfigurationError, match=r"^rate must be a finite number"):
        coerce(value, annotation, "rate")


@pytest.mark.parametrize("value", [[1.0, float("inf")], "[1, .nan]"])
def test_numbers_in_lists_are_finite(value):
    with pytest.raises(ConfigurationError, match=r"^weights must be"):
        coerce(value, list[float], "weights")


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, "1e30", 1e30, "9" * 40])
def test_whole_numbers_fit_64_bits(value):
    with pytest.raises(ConfigurationError, match=r"^streams must be a whole number"):
        coerce(value, int, "streams")
