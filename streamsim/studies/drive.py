"""A study from where it stands to its end: cells are started, watched, and told of."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from streamsim.contracts import RunFolderError, visible
from streamsim.runs import Interruption, Terminal

from .launchers import Cell, Launcher, News, Standing
from .study import Study
from .varied import in_words, values_of


@dataclass
class StudyProgress:
    """How many cells stand how, while a study goes on.

    Args:
        total: all cells of the study.
        finished: of them.
        failed: in this stretch.
        running: their folders.
        began: when this stretch did, in seconds of a clock that never goes back.
        ended: how many cells have ended in this stretch.
    """

    total: int
    finished: int
    began: float
    failed: int = 0
    ended: int = 0
    running: set[Path] = field(default_factory=set)

    def text(self) -> str:
        """Return it in words, with when the study is expected to end."""
        words = [f"{self.finished} of {self.total} cells finished", f"{len(self.running)} running"]
        words += [f"{self.failed} failed"] if self.failed else []
        left = self.total - self.finished - self.failed
        if self.ended and left:
            seconds = (time.monotonic() - self.began) / self.ended * left
            words += [f"expected to end {when(seconds)}"]
        return ", ".join(words)


def when(seconds: float) -> str:
    """Return the time of day in so many *seconds*, with the date unless that is today."""
    then = time.localtime(time.time() + seconds)
    today = time.localtime()[:3] == then[:3]
    return time.strftime("at %H:%M" if today else "on %Y-%m-%d at %H:%M", then)


class Watch:
    """Shows how a study goes on: one line that changes on a terminal, a line for every cell that ends elsewhere.

    Args:
        console: where.
        progress: what is shown.
    """

    def __init__(self, console: Console, progress: StudyProgress) -> None:
        self.console = console
        self.progress = progress
        self._live = Live(console=console, transient=True, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> "Watch":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, told: Sequence[str]) -> None:
        """Show how it stands, and sentences about cells that ended."""
        for sentence in told:
            line = sentence if self._live else f"{sentence}; {self.progress.text()}"
            self.console.print(Text(visible(line)), soft_wrap=True)
        if self._live:
            self._live.update(Text(visible(self.progress.text())), refresh=True)


def go_on(study: Study, varied: Sequence[str], launcher: Launcher) -> int | None:
    """Run all cells of *study* that are not finished; return the signal that stopped it, if one did.

    Args:
        study: whose folder is locked.
        varied: settings by which cells are called in what is shown.
        launcher: which starts them.
    """
    cells = study.cells()
    missing = [cell for cell in cells if cell.standing() is not Standing.FINISHED]
    if not missing:
        return None
    for cell in missing:
        cell.clear()
    progress = StudyProgress(len(cells), len(cells) - len(missing), time.monotonic())
    with Interruption() as interruption, Watch(Terminal(stderr=True), progress) as watch:
        for news in launcher.launch([cell.path for cell in missing], lambda: interruption.signal is not None):
            told = count(news, progress, interruption.signal is not None, study, varied)
            watch.show(told)
    return interruption.signal


def count(news: News, progress: StudyProgress, stopped: bool, study: Study, varied: Sequence[str]) -> list[str]:
    """Change *progress* by *news* and return sentences about cells that ended; how one was lost is written down."""
    progress.running |= {*news.began}
    told: list[str] = []
    for path, how in news.ended.items():
        progress.running.discard(path)
        cell = study.cell(path.name)
        finished = cell.summary() is not None
        if stopped and not finished:
            continue
        progress.ended += 1
        progress.finished += finished
        progress.failed += not finished
        if not finished and not cell.place.holds("failure.json"):
            cell.fail(how or "its process ended before the run did")
        told.append(f"{called(cell, varied)}: {'finished' if finished else f'failed: {cell.failure()}'}")
    return told


def called(cell: Cell, varied: Sequence[str]) -> str:
    """Return what a cell is called in a sentence: what varies, and its name."""
    try:
        return f"{in_words(values_of(cell, varied))} ({cell.name})"
    except RunFolderError:  # which the cell itself has told, or will
        return cell.name
