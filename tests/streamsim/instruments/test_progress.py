"""Progress: what it says, on a terminal and elsewhere."""

import io

from rich.console import Console

from ..toy_runs import session, toy


def said(tmp_path, terminal):
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=150)
    part = session(tmp_path / "a", toy(tmp_path), console=console)
    part.run()
    part.folder.close()
    return text.getvalue()


def test_plain_lines_elsewhere(tmp_path):
    line = said(tmp_path, terminal=False).splitlines()[-1]
    assert line.startswith("tick 60/60")
    assert "ticks/s  loss 0." in line
    assert "linear layer2" in line
    assert "\x1b" not in line


def test_a_bar_on_a_terminal(tmp_path):
    assert "60/60" in said(tmp_path, terminal=True)


def test_it_redraws_rarely(tmp_path):
    part = session(tmp_path / "a", toy(tmp_path))
    watch = part.simulation.instruments[0]
    shown = []
    watch._show = lambda: shown.append(watch._latest[0])
    part.run()
    part.folder.close()
    assert shown == [60]
