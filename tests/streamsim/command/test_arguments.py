"""Command lines: argparse for what a command knows, free settings beside it."""

import pytest

from streamsim.command import divided, parsers, whole_help
from streamsim.contracts.errors import ConfigurationError

OWN = {"flag": False, "out": None}


def test_settings_are_told_from_words_and_own_options_in_any_order():
    words, settings = divided(["a", "--x.y", "-1", "--z=2=3", "--flag", "b", "--x.y", "4", "--out", "-o", "-h"], OWN)
    assert words == ["a", "--flag", "b", "--out=-o", "-h"]
    assert settings == {"x.y": "4", "z": "2=3"}


@pytest.mark.parametrize("line", [["--x"], ["--x", "--y", "1"], ["--out"]])
def test_an_option_needs_a_value(line):
    with pytest.raises(ConfigurationError, match=f"{line[0]} needs a value: {line[0]} VALUE"):
        divided(line, OWN)


def test_an_option_without_a_value_has_none():
    with pytest.raises(ConfigurationError, match="--flag takes no value"):
        divided(["--flag=yes"], OWN)
    with pytest.raises(ConfigurationError, match="--flagg is not an option: did you mean --flag"):
        divided(["--flagg"], OWN)


@pytest.mark.parametrize("place", [0, 2, 4])
def test_the_word_may_stand_anywhere(place):
    line = ["--agent.rule.grid", "4", "--out", "a b", "--probes=[{class_path: LinearProbe}, 1]"]
    found = parsers()["run"].read([*line[:place], "preset", *line[place:]], "one preset")
    assert (found.word, found.out, found.tensorboard) == ("preset", "a b", False)
    assert found.settings == {"agent.rule.grid": "4", "probes": "[{class_path: LinearProbe}, 1]"}


@pytest.mark.parametrize(
    ("command", "line", "sentence"),
    [
        ("run", ["a", "b", "c"], r"run takes one preset \(got a, b, c\)"),
        ("run", ["-x"], "-x is not an option: options are spelt --name value"),
        ("resume", ["a", "--tick", "5"], "--tick is not an option here: did you mean --ticks?"),
        ("resume", ["a", "--seed", "5"], "--seed is not an option here: settings of a run are fixed"),
        ("list", ["--all", "yes"], "--all is not an option here: it takes only a kind"),
    ],
)
def test_mistakes(command, line, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        parsers()[command].read(line, "one preset")


def test_help_names_every_command_and_every_option():
    shown = whole_help()
    for name, parser in parsers().items():
        assert f"\n  {name:<8}" in shown
        page = parser.format_help()
        assert page.startswith(f"usage: streamsim {name} ")
        assert all(f"--{option}" in page for option in parser.own)
    assert max(map(len, shown.splitlines())) <= 80
    for option in ("--out", "--no-report", "--tensorboard", "--on-damaged", "--agent.optimiser.learning_rate"):
        assert option in parsers()["run"].format_help()
