"""Whatever shows results of an agent that is told labels says so."""

import io
import json
import re

import pytest
from rich.console import Console

from streamsim.contracts import LABELS_TOLD
from streamsim.instruments.recorder import Recorder
from streamsim.instruments.rows import read_rows
from streamsim.report.data import RunData
from streamsim.report.tables import bytes_told, who_sees_labels
from streamsim.report.write import write_report
from streamsim.runs import console

from .. import toys
from ..toy_runs import session, toy


def run(base, agent):
    path = base / "run"
    made = session(path, toy(base, ticks=20, agent={"class_path": f"{toys.__name__}.{agent}", "init_args": {}}))
    made.simulation.instruments.insert(1, Recorder(path, frames=4))
    assert made.run().finished
    made.folder.close()
    return path


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A finished run of an agent that is told labels."""
    return run(tmp_path_factory.mktemp("told"), "Pupil")


@pytest.fixture(scope="module")
def untold(tmp_path_factory):
    """A finished run of one that is not."""
    return run(tmp_path_factory.mktemp("untold"), "LinearLearner")


def words(folder):
    """The words of a report."""
    page = re.sub(r"<script.*?</script>", "", write_report(folder).read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))


def test_the_report_says_so_beside_results_labels_and_memory(told, untold):
    page, other = words(told), words(untold)
    assert f"Compared while learning: {LABELS_TOLD}." in page
    assert "told the labels of all frames, 16 bytes at every tick." in page
    assert "The agent is told these labels, too." in page
    assert "colour is the class, which the map has not seen." in page
    assert "the agent never sees them" not in page
    assert "told" not in other.replace("told by one bit", "").replace("not told of", "").replace("told of wrongly", "")
    assert "Labels are for the reader; the agent never sees them." in other
    assert "neither the agent nor the map has seen" in other


def test_rows_console_and_summary_say_so(told, monkeypatch):
    rows = read_rows(told / "probes.jsonl")
    assert {row["pairs"] for row in rows} == {LABELS_TOLD}
    shown = io.StringIO()
    monkeypatch.setattr(console, "terminal", lambda: Console(file=shown, width=200))
    console.show_probes(rows)
    assert f"compared while learning: {LABELS_TOLD}." in shown.getvalue()
    assert json.loads((told / "summary.json").read_text())["labels_told"] == 16


def test_an_agent_that_has_not_come_to_its_end_says_so_itself_if_it_can_be_rebuilt(told, untold, monkeypatch):
    assert [bytes_told(RunData(folder)) for folder in (told, untold)] == [16, 0]
    monkeypatch.setattr("streamsim.report.data.read_summary", lambda _: {})
    assert [bytes_told(RunData(folder)) for folder in (told, untold)] == [16, 0]
    monkeypatch.setattr(RunData, "revived", None)
    assert bytes_told(RunData(told)) is None
    assert who_sees_labels(RunData(told)) == ""
