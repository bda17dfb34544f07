"""What is printed is what was meant: brackets are no markup, sentences are whole, and a pipe gets long lines."""

import io

import pytest
from rich.console import Console

from streamsim.config import PartHelp, Setting
from streamsim.instruments.progress import bar
from streamsim.runs import console
from streamsim.runs.console import show_catalogue, show_probes, show_settings

LONG = "Needs `pip install 'streamsim[gymnasium]'` " + "and a great many more words than eighty columns can hold " * 3

ROW = {
    "layer": "layer[1]",
    "probe": "linear [x]",
    "drawn": 0.25,
    "calibrated": 0.375,
    "accuracy": 0.5,
    "error": 0.0625,
    "ceiling": False,
    "chance": 0.2,
    "n_train": 3,
    "n_test": 300,
    "n_clusters": 12,
    "protocol": "by voting",
}


@pytest.fixture
def screen(monkeypatch):
    """A terminal of 80 columns, and what stands on it."""
    file = io.StringIO()
    found = Console(file=file, width=80, force_terminal=True, color_system=None, markup=False, highlight=False)
    monkeypatch.setattr(console, "terminal", lambda: found)
    return file


def test_nothing_is_read_as_markup(capsys):
    show_catalogue([("a[b]", "package[extra]:Class", LONG)])
    show_probes([{**ROW, "protocol": "by [bold]", "pairs": "with [red]", "tick": 3, "pathway": "eye"}])
    shown = capsys.readouterr().out
    words = (
        "a[b]",
        "package[extra]:Class",
        "streamsim[gymnasium]",
        "layer[1]",
        "linear [x]",
        "by [bold]",
        "with [red]",
    )
    assert [word for word in words if word not in shown] == []
    assert "\x1b" not in shown


def test_a_line_of_a_layer_is_drawn_calibrated_learned_error_gain_chance(capsys):
    show_probes([{**ROW, "layer": "low", "ceiling": True}, {**ROW, "calibrated": None, "drawn": None}])
    shown = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.strip("│").split("│")] for line in shown.splitlines() if "│" in line]
    assert lines == [
        ["low", "25.0", "37.5", "50.0", "6.2", "+12.5", "20.0"],
        ["layer[1]", "", "", "50.0", "6.2", "", "20.0"],
    ]
    assert "300 to test, 12 independent clusters" in shown
    assert "The probe is at its ceiling before learning in low: at most 5 %" in shown


def test_a_pipe_gets_one_line_a_description(capsys):
    show_catalogue([("name", "place", LONG)])
    assert capsys.readouterr().out.splitlines() == ["name  place", f"    {LONG.strip()}"]


SECTION = PartHelp(
    "agent.rule",
    "CLAPP",
    "how they learn.",
    LONG,
    ("CLAPP", "Hinge"),
    (Setting("agent.rule.grid", "1", "a whole number", LONG), Setting("agent.rule.root", None, "text", "")),
)


def test_a_terminal_gets_eighty_columns_of_whole_sentences(screen):
    show_settings([SECTION])
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(screen.getvalue().split()).count(" ".join(LONG.split())) == 2
    assert "  --agent.rule.grid 1" in lines
    assert "  --agent.rule.root (must be given)" in lines
    assert "One of CLAPP, Hinge, or a class path." in " ".join(screen.getvalue().split())


def test_progress_shows_brackets_as_they_are():
    file = io.StringIO()
    progress = bar(Console(file=file, width=120, force_terminal=True, color_system=None))
    progress.add_task("", total=3, completed=1, said="loss [a] layer[1]")
    progress.start()
    progress.refresh()
    progress.stop()
    assert "loss [a] layer[1]" in file.getvalue()


def test_what_was_tested_in_the_stream_stands_in_a_table_of_its_own(capsys):
    inside = {**ROW, "probe": "linear in-stream", "examples": "in-stream", "accuracy": 0.625}
    show_probes([{**row, "protocol": "p", "tick": 3, "pathway": "eye"} for row in (ROW, inside)])
    shown = capsys.readouterr().out
    assert shown.count("Probe accuracy in percent") == 2 and shown.count("62.5") == 1
