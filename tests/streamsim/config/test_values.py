"""Which text may name code, and so is asked about in a run of somebody else."""

from pathlib import Path
from typing import Any

import pytest

from streamsim.config import coerce
from streamsim.contracts import ConfigurationError, UntrustedError, imports_limited
from streamsim.instruments.rows import Write

CODE = (
    "evil.World",
    "evil:World-v0",
    " evil.World ",
    "'evil.World'",
    "[evil.World]",
    "{a: evil.World}",
    "e-v:W",
    "!!str evil.W",
)
NONE = ("./ant.xml", "/data/a.b/ant.xml", "../x", "C/a:b", "1.5", "a b. c", "rgb-array.", "3.")


@pytest.mark.parametrize("text", CODE)
def test_text_that_may_name_code_is_asked_about(text):
    with imports_limited({"streamsim"}, Path("a")), pytest.raises(UntrustedError, match="--trust to import it"):
        coerce({"x": [text]}, dict[str, Any], "settings")


@pytest.mark.parametrize("text", NONE)
def test_text_that_names_no_code_passes(text):
    with imports_limited({"streamsim"}, Path("a")):
        assert coerce({"xml_file": text}, dict[str, Any], "settings")


def test_text_that_was_signed_passes():
    with imports_limited({"streamsim"}, Path("a"), ["ant.xml"]):
        assert coerce({"xml_file": "ant.xml"}, dict[str, Any], "settings") == {"xml_file": "ant.xml"}


@pytest.mark.parametrize("value", ["x.y", "print", 3, ["a"]])
def test_a_setting_that_has_no_text_is_told_in_a_sentence(value):
    sentence = r"^write must be a function or null, which no configuration can spell \(got .*\): leave it out$"
    with pytest.raises(ConfigurationError, match=sentence):
        coerce(value, Write | None, "write")
    assert coerce(None, Write | None, "write") is None
