"""Command lines of free options."""

import pytest

from streamsim.cli import split
from streamsim.contracts.errors import ConfigurationError


def test_words_options_and_flags():
    found = split(["a", "--x.y", "-1", "--z=2=3", "--flag", "b", "--x.y", "4"], ("flag",))
    assert found.words == ("a", "b")
    assert found.options == {"x.y": "4", "z": "2=3"}
    assert found.flags == {"flag"}


@pytest.mark.parametrize("line", [["--x"], ["--x", "--y", "1"]])
def test_an_option_needs_a_value(line):
    with pytest.raises(ConfigurationError, match="--x needs a value"):
        split(line, ())


def test_one_dash_is_no_option():
    with pytest.raises(ConfigurationError, match="-x is not an option"):
        split(["-x"], ())
