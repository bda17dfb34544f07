"""Gives a case to the real command, in a process of its own, and says whether the promise was kept."""

import hashlib
import itertools
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Collection, Sequence
from pathlib import Path

from .cases import Case
from .templates import FOREIGN

SECONDS = 20
"""Of computing, after which an answer is a hang; six times as much on the clock of a busy machine."""

PATIENCE = 15
"""Seconds of computing after which a command is asked to stop: a run may be as long as its settings say."""

STOPPED = 128 + signal.SIGTERM
"""Exit status of a run that did so, and saved."""

MEMORY = 2 * 2**30
"""Most bytes that an answer may take."""

RUNS = ("r", "o", "runs")
"""Folders that a command may write to, besides the one that it names."""

NO_SENTENCES = tuple(f"streamsim: {word}" for word in ("warning:", "running ", "continuing "))

OWN = ("case", "out", "err", "memory", "state")
"""What lies beside the folder of a case by right; all else would be a write into the home of the user."""

TRACEBACK = "Traceback (most recent call last)"


def call(folder: Path, line: list[str], files: int = 0) -> int:
    """Return the exit status of `streamsim` with *line* in *folder*, -1 after a hang; output lies beside the folder."""
    child = os.fork()
    if not child:
        _become(folder, line, files)
    ends = time.monotonic() + 6 * SECONDS
    while time.monotonic() < ends:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            (folder.parent / "memory").write_text(str(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)))
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def _become(folder: Path, line: list[str], files: int) -> None:
    """Be the command, and end."""
    status = 1
    try:
        os.chdir(folder)
        os.environ |= {"HOME": str(folder.parent), "XDG_STATE_HOME": str(folder.parent / "state"), "COLUMNS": "200"}
        for number, name in enumerate((os.devnull, folder.parent / "out", folder.parent / "err")):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
        if files:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (files, files))
        signal.signal(signal.SIGXCPU, lambda *_: signal.raise_signal(signal.SIGTERM))
        resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY, 4 * MEMORY))
        from streamsim.cli import main

        status = main(line)
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            status = 1
        os._exit(status)


def fault(case: Case, templates: Path, room: Path) -> str:
    """Return what is wrong with the answer to a case, or nothing; *room* is an empty folder for it."""
    folder = room / "case"
    shutil.copytree(templates / case.template, folder, symlinks=True)
    for edit in case.edits:
        edit.make(folder)
    own = {*RUNS, *_named(case.line)}
    before = _outside(folder, own)
    status = call(folder, list(case.line), case.files)
    said, printed = ((room / name).read_text(errors="replace") for name in ("err", "out"))
    return _misspoken(status, said, printed) or _changed(before, _outside(folder, own)) or _greedy(room)


def _named(line: Sequence[str]) -> list[str]:
    """Return the folder, if it is one of the current folder, that a command names for its run."""
    return [name for option, name in itertools.pairwise(line) if option == "--out" and Path(name).name == name]


def _misspoken(status: int, said: str, printed: str) -> str:
    """Return what is wrong with an exit status and what was said."""
    end = said.strip()[-300:]
    if status in (-1, -signal.SIGXCPU, -signal.SIGTERM, -signal.SIGKILL):
        return f"hangs: no answer after {SECONDS} s"
    if TRACEBACK in said or TRACEBACK in printed:
        return f"a traceback: {end}"
    if status not in (0, 2) and not (status == STOPPED and "stopped by SIGTERM and saved" in said):
        return f"exit status {status}: {end}"
    last = said.strip().rpartition("\n")[2]
    if status == 2 and (not last.startswith("streamsim: ") or last.startswith(NO_SENTENCES)):
        return f"exit status 2 without a sentence: {end}"
    return ""


def _changed(before: dict[str, str], after: dict[str, str]) -> str:
    """Return what is new, different or gone outside the folder of the run."""
    names = [name for name in before | after if before.get(name) != after.get(name)]
    return f"changed outside the run folder: {', '.join(names[:5])}" if names else ""


def _greedy(room: Path) -> str:
    memory = int((room / "memory").read_text())
    return f"took {memory / 2**30:.1f} GiB" if memory > MEMORY else ""


def _outside(folder: Path, own: Collection[str]) -> dict[str, str]:
    """Return what lies in a case's folder but not in those of its *own* runs, with a sum of each file's content."""
    found = {}
    for top, below, names in os.walk(folder):
        if Path(top) == folder:
            below[:] = [name for name in below if name not in own]
        for name in (*below, *names):
            if name in own and Path(top) == folder:  # a link in its place
                continue
            path = Path(top) / name
            ordinary = path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)
            content = path.read_bytes() if ordinary else b""
            found[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    beside = {f"~/{path.name}": "" for path in folder.parent.iterdir() if path.name not in OWN}
    alien = {name: (folder / name).read_text() for name in FOREIGN if (folder / name).is_file()}
    return found | beside | alien
