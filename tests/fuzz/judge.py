"""Gives a case to the real command, in a process of its own, and says whether the promise was kept."""

import hashlib
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

from .cases import Case

SECONDS = 20
"""After which an answer is a hang."""

MEMORY = 2 * 2**30
"""Most bytes that an answer may take."""


def call(folder: Path, line: list[str], files: int = 0) -> int:
    """Return the exit status of `streamsim` with *line* in *folder*, -1 after a hang; output lies beside the folder."""
    child = os.fork()
    if not child:
        _become(folder, line, files)
    ends = time.monotonic() + SECONDS
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
    before = _outside(folder)
    status = call(folder, list(case.line), case.files)
    said = (room / "err").read_text(errors="replace")
    if status == -1:
        return f"hangs: no answer after {SECONDS} s"
    if "Traceback (most recent call last)" in said or "Traceback (most recent call last)" in (room / "out").read_text(
        errors="replace"
    ):
        return "a traceback: " + said.strip().splitlines()[-1][:300]
    if status not in (0, 2):
        return f"exit status {status}: {said.strip()[-300:]}"
    if status == 2 and not any(row.startswith("streamsim: ") for row in said.splitlines()):
        return f"exit status 2 without a sentence: {said.strip()[-300:]}"
    if changed := [name for name, content in _outside(folder).items() if before.get(name, "") != content]:
        return f"changed outside the run folder: {', '.join(changed[:5])}"
    if gone := [name for name in before if name not in _outside(folder)]:
        return f"gone outside the run folder: {', '.join(gone[:5])}"
    if (memory := int((room / "memory").read_text())) > MEMORY:
        return f"took {memory / 2**30:.1f} GiB"
    return ""


def _outside(folder: Path) -> dict[str, str]:
    """Return what lies in a case's folder but not in its run folders, with a sum of each file's content."""
    found = {}
    for top, below, names in os.walk(folder):
        if Path(top) == folder:
            below[:] = [name for name in below if name not in ("r", "o", "runs", "lightning_logs")]
        for name in (*below, *names):
            path = Path(top) / name
            ordinary = path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)
            found[str(path.relative_to(folder))] = hashlib.md5(path.read_bytes()).hexdigest() if ordinary else ""
    return {name: content for name, content in found.items() if name != "r" and name != "o" and name != "runs"}
