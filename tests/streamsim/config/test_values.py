"""Which text may name code, and so is asked about in a run of somebody else."""

from pathlib import Path
from typing import Any

import pytest

from streamsim.config import coerce
from streamsim.contracts import UntrustedError, imports_limited

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
