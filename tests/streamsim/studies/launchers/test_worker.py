"""What a cell has to say, nobody being there to hear it."""

from pathlib import Path

from streamsim import cli

WARNS = """
import warnings
from streamsim import Instrument


class Warns(Instrument):
    def __init__(self, after: int = 0) -> None:
        self.after = after

    def watch(self, record):
        if record.glimpse.tick == self.after:
            warnings.warn("the sky is falling")
"""


def test_warnings_of_cells_are_kept_and_told_of(place, capsys):
    Path("warns.py").write_text(WARNS)
    line = ("toy.yaml", "instruments=[],[warns.Warns: {after: 2}]", "seed=0", "--ticks", "5", "--probes", "null")
    assert cli.main(("sweep", *line, "--out", "a", "--jobs", "2", "--threads", "1")) == 0
    said = capsys.readouterr().err
    assert "1 of 2 cells gave warnings, such as instruments=[warns.Warns: {after: 2}] seed=0 (" in said
    assert "the sky is falling (all are in their worker.log)" in said
    logs = [file.read_text() for file in Path("a").glob("cells/*/worker.log")]
    assert all(text.startswith("streamsim: a process begins\nstreamsim: continuing a/cells/") for text in logs)
    assert sum("streamsim: warning: the sky is falling\n" in text for text in logs) == 1
