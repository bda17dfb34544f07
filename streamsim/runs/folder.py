"""A run folder: one run, one process, never overwritten."""

import errno
import fcntl
import itertools
import json
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from streamsim.contracts import LostProcessError, RunFolderError
from streamsim.storage import Directory, draft_of, replace_file

FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "files may not grow so large here",
}

UNLOCKABLE = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP}
"""What file systems say, such as NFS of a folder, that cannot lock what they are asked to."""

BEFORE = {"lock", "provenance.json", draft_of("provenance.json"), draft_of("config.yaml")}
"""What a start that died before the configuration was written down leaves behind."""


class FolderInUseError(RunFolderError):
    """Another process is at work in a folder."""


class RunFolder:
    """A locked run folder.

    The lock is the kernel's: it ends with the process, even by kill -9. Linux and macOS have it, Windows has not. It is
    on the folder itself, so that nobody can delete it, and on a file in it, for file systems that lock only files.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._locks = self._acquire()

    @classmethod
    def create(cls, path: Path) -> "RunFolder":
        """Make a new folder.

        Raises:
            RunFolderError: it exists and holds something, cannot be written, or another process was faster.
        """
        refuse_taken(path)
        with creating(path):
            path.mkdir(parents=True, exist_ok=True)
            folder = cls(path)
        # another process may have come between the look and the lock
        refuse_taken(path)
        return folder

    @classmethod
    def number(cls, stem: Path) -> "RunFolder":
        """Make the first of *stem*-1, *stem*-2, ... that does not exist yet."""
        with creating(stem.parent):
            stem.parent.mkdir(parents=True, exist_ok=True)
            for n in itertools.count(1):
                path = stem.with_name(f"{stem.name}-{n}")
                try:
                    path.mkdir()
                except FileExistsError:
                    continue
                return cls(path)
        raise AssertionError("unreachable")

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Open the folder of a run that was started before.

        Raises:
            RunFolderError: it holds no run, or another process is at work in it.
        """
        require_run(path)
        with explained(path):
            return cls(path)

    def describe(self, configuration: str, provenance: dict[str, Any]) -> None:
        """Write down what is to be run, before it runs."""
        with creating(self.path):
            replace_file(self.path / "provenance.json", json.dumps(provenance, indent=2) + "\n")
            replace_file(self.path / "config.yaml", configuration)

    def close(self) -> None:
        """Let other processes in."""
        self._locks.close()

    def _acquire(self) -> ExitStack:
        with ExitStack() as locks:
            folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            locks.callback(os.close, folder)
            held = self._locked(folder)
            file = Directory(self.path).descriptor("lock", os.O_RDWR | os.O_CREAT)
            locks.callback(os.close, file)
            if not (self._locked(file) or held):
                raise RunFolderError(f"{self.path} cannot be locked where it lies: keep runs on another file system")
            return locks.pop_all()

    def _locked(self, descriptor: int) -> bool:
        """Lock a folder or file; return whether the file system can."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(
                f"another process is at work in {self.path}: wait until it ends, or choose another folder"
            ) from None
        except OSError as error:
            if error.errno in UNLOCKABLE:
                return False
            raise
        return True


def in_use(path: Path) -> bool:
    """Tell whether a process is at work in *path*, which may not be there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go at once, as the descriptor is closed
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def refuse_taken(path: Path) -> None:
    """Raise `RunFolderError` if *path* is anything but absent, an empty folder or one where no run came to begin."""
    if path.exists() and not path.is_dir():
        raise RunFolderError(f"{path} is a file, not a folder: choose another --out")
    names = {entry.name for entry in path.iterdir()} if path.is_dir() else set()
    # without a lock even a provenance.json is somebody else's
    if names and not {"lock"} <= names <= BEFORE:
        remedy = f"continue it with `streamsim resume {path}`, or choose" if is_run(path) else "choose"
        raise RunFolderError(f"{path} is not empty and is never overwritten: {remedy} another --out")


def is_run(path: Path) -> bool:
    """Return whether *path* is a run folder."""
    return (path / "config.yaml").is_file()


def require_run(path: Path) -> None:
    """Raise `RunFolderError` unless *path* is a run folder; say if there is one a level or two up or down."""
    if is_run(path):
        Directory(path).refuse("config.yaml", stat.S_IFREG)
    else:
        what = "holds no run (there is no config.yaml)" if path.exists() else "does not exist"
        remedy = "give the folder that `streamsim run` printed"
        raise RunFolderError(beside(path) or f"{path} {what}: {remedy}")


def beside(path: Path) -> str:
    """Return a sentence about the run that *path* lies in, or about those that lie in it, or nothing."""
    if not path.exists():
        return ""
    if around := next((p for p in (*path.parents, *path.absolute().parents) if is_run(p)), None):
        return f"{path} is inside the run {around}: give that folder"
    within = sorted(file.parent for depth in ("*", "*/*") for file in path.glob(f"{depth}/config.yaml"))
    count = "a run" if len(within) == 1 else "runs"
    return (
        f"{path} holds {count}: give {'it' if len(within) == 1 else 'one of them'}, e.g. {within[0]}" if within else ""
    )


@contextmanager
def creating(path: Path) -> Iterator[None]:
    """Turn whatever keeps *path* from being made into a sentence."""
    try:
        yield
    except OSError as error:
        raise RunFolderError(f"cannot write to {path}: {error.strerror}; choose another --out") from None


@contextmanager
def explained(path: Path, remedy: str = "") -> Iterator[None]:
    """Turn whatever the system refuses into a sentence; errors that it did not raise are bugs and pass.

    Args:
        path: the run folder that is written to.
        remedy: what to do when the cause is gone, by default to continue the run.
    """
    try:
        yield
    except LostProcessError as error:
        raise LostProcessError(
            f"{error}; what was saved before is intact: continue with `streamsim resume {path}`, under torchrun or not"
        ) from error
    except OSError as error:
        if error.strerror is None:
            raise
        if not path.exists():
            raise RunFolderError(
                f"{path} is gone, and what was saved in it: leave the folder of a run in its place, and start a new one"
            ) from error
        first = "make room" if error.errno in FULL else "put that right"
        raise RunFolderError(
            f"{refused(path, error)}: {FULL.get(error.errno or 0, error.strerror)}; what was saved before is intact: "
            f"{first}, then {remedy or f'continue with `streamsim resume {path}`'}"
        ) from error


def refused(path: Path, error: OSError) -> str:
    """Return what could not be done: write to the run folder, or use a file that lies elsewhere."""
    elsewhere = isinstance(error.filename, str) and not Path(error.filename).is_relative_to(path)
    return f"cannot use {error.filename}" if elsewhere else f"cannot write to {path}"
