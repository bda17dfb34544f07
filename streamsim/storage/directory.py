"""A directory whose entries are opened by name from within it, so that none leads out of it."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamsim.contracts import RunFolderError

FOLDER = os.O_RDONLY | os.O_DIRECTORY

INSIDE = os.O_NOFOLLOW | os.O_NONBLOCK
"""How what lies inside is opened: a link is refused, and a pipe that nobody writes to keeps nobody waiting."""

KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFLNK: "a link"}


@dataclass(frozen=True)
class Directory:
    """A directory, opened anew for everything that is done in it; it need not exist before.

    Every method raises `RunFolderError` where a link, a pipe or the like lies in the place of a file or a folder.

    Args:
        path: where it lies.
        within: the directory that it is an entry of; without one, its path is the user's, and may be a link.
    """

    path: Path
    within: "Directory | None" = None

    def inside(self, name: str) -> "Directory":
        """Return the directory *name* in this one."""
        return Directory(self.path / entry(name), self)

    def make(self) -> "Directory":
        """Make it unless it is there, not those above it, and return it."""
        if self.within is not None:
            with self.within.opened() as above:
                try:
                    os.mkdir(self.path.name, dir_fd=above)
                except FileExistsError:
                    pass
                except OSError as error:
                    raise placed(error, self.path) from None
        with self.opened():
            return self

    @contextmanager
    def opened(self) -> Iterator[int]:
        """Yield a descriptor of it."""
        descriptor = self._open()
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        if self.within is None:
            return os.open(self.path, FOLDER)
        with self.within.opened() as above:
            try:
                return os.open(self.path.name, FOLDER | INSIDE, dir_fd=above)
            except FileNotFoundError as error:
                raise placed(error, self.path) from None
            except OSError as error:
                self.within.refuse(self.path.name, stat.S_IFDIR)
                raise placed(error, self.path) from None

    def names(self) -> list[str]:
        """Return the names of all that lies in it, in order; none if it is not there.

        Raises:
            RunFolderError: it cannot be read.
        """
        return sorted(self._entries())

    def folders(self) -> list[str]:
        """Return the names of the folders in it, not of links to some, in order; none if it is not there."""
        return sorted(name for name, is_folder in self._entries().items() if is_folder)

    def holds(self, name: str) -> bool:
        """Tell whether anything, be it a link that leads nowhere, is called *name*."""
        return self._mode(name) is not None

    def read(self, name: str) -> bytes | None:
        """Return what the file *name* holds, None if there is none.

        Raises:
            RunFolderError: it is no plain file, or cannot be read.
        """
        try:
            descriptor = self.descriptor(name, os.O_RDONLY)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unreadable(self.path / name, error) from error
        with os.fdopen(descriptor, "rb") as file:
            try:
                return file.read()
            except OSError as error:
                raise unreadable(self.path / name, error) from error
            except MemoryError:
                raise RunFolderError(f"{self.path / name} is larger than this machine's memory: move it away") from None

    def descriptor(self, name: str, flags: int) -> int:
        """Return a descriptor of the plain file *name*, which whoever asked must close."""
        path = self.path / entry(name)
        with self.opened() as folder:
            try:
                descriptor = os.open(name, flags | INSIDE, 0o666, dir_fd=folder)
            except FileNotFoundError as error:
                raise placed(error, path) from None
            except OSError as error:
                self.refuse(name, stat.S_IFREG)
                raise placed(error, path) from None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            self.refuse(name, stat.S_IFREG)
        # of a file that is read it does not matter, of one that is replaced neither
        if found.st_nlink > 1 and flags & (os.O_WRONLY | os.O_RDWR):
            os.close(descriptor)
            raise RunFolderError(
                f"{path} has a second name (a hard link), under which it would be changed too: put a copy in its place"
            )
        return descriptor

    def replace(self, name: str, data: bytes) -> None:
        """Write the file *name* so that at every moment it is either as before or whole and durable."""
        draft = draft_of(entry(name))
        if stat.S_ISDIR(self._mode(name) or 0):
            self.refuse(name, stat.S_IFREG)
        with self.opened() as folder:
            try:
                self.discard(draft)
                self.write(draft, data)
                os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
            except OSError as error:
                self.discard(draft)
                raise placed(error, self.path / name) from error

    def write(self, name: str, data: bytes) -> None:
        """Write the file *name*, which must not be there, and wait until it is on the disk."""
        with os.fdopen(self.descriptor(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def sync(self) -> None:
        """Wait until the names in it are on the disk."""
        with self.opened() as folder:
            os.fsync(folder)

    def rename(self, old: str, new: str) -> None:
        """Call an entry something else."""
        with self.opened() as folder:
            try:
                os.rename(old, entry(new), src_dir_fd=folder, dst_dir_fd=folder)
            except OSError as error:
                raise placed(error, self.path / new) from None

    def discard(self, name: str) -> None:
        """Delete what is called *name*, a folder with all that is in it, a link without what it leads to."""
        mode = self._mode(name)
        if mode is None:
            return
        with self.opened() as folder:
            try:
                if stat.S_ISDIR(mode):
                    shutil.rmtree(name, dir_fd=folder)
                else:
                    os.unlink(name, dir_fd=folder)
            except OSError as error:
                raise placed(error, self.path / name) from None

    def refuse(self, name: str, wanted: int) -> None:
        """Raise `RunFolderError` if *name* is not of the *wanted* kind, a file or a folder."""
        mode = self._mode(name)
        if mode is None or stat.S_IFMT(mode) == wanted:
            return
        path, kind = self.path / name, KINDS.get(stat.S_IFMT(mode), "a file" if stat.S_ISREG(mode) else "a device")
        if stat.S_ISLNK(mode):
            raise RunFolderError(
                f"{path} is a link, and none is followed inside the folder of a run: put what it leads to in its "
                "place, or remove it"
            )
        belongs = "a folder" if wanted == stat.S_IFDIR else "a file"
        raise RunFolderError(f"{path} is {kind} where {belongs} belongs: move it out of the folder of the run")

    def _entries(self) -> dict[str, bool]:
        """Return the name of each entry, and whether it is a folder."""
        try:
            with self.opened() as folder, os.scandir(folder) as found:
                return {one.name: one.is_dir(follow_symlinks=False) for one in found}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _mode(self, name: str) -> int | None:
        try:
            with self.opened() as folder:
                return os.stat(entry(name), dir_fd=folder, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return None


def replace_file(path: Path, text: str) -> None:
    """Write a small file so that it is either old or new at every moment."""
    # what a stranger's file held may be no text that UTF-8 can hold
    Directory(path.parent).replace(path.name, text.encode("utf-8", "backslashreplace"))


def draft_of(name: str) -> str:
    """Return what is called so until it is whole and becomes *name*."""
    return f".{name}.draft"


def entry(name: str) -> str:
    """Return *name* if it is that of an entry.

    Raises:
        RunFolderError: it leads elsewhere.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise RunFolderError(f"{name!r} cannot be the name of a file: take a name without slashes")
    return name


def placed(error: OSError, path: Path) -> OSError:
    """Return *error* with the whole path, not only the name in its directory."""
    return error if error.errno is None else OSError(error.errno, error.strerror, str(path))


def unreadable(path: Path, error: OSError) -> RunFolderError:
    """Return the error to raise when the system lets nothing be read."""
    return RunFolderError(f"{path} cannot be read: {error.strerror}; check its permissions, or restore it from a copy")
