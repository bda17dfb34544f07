"""What one bad input is: how files are changed, and the command that meets them."""

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Edit:
    """One change to the files of a case.

    Attributes:
        what: "write", "cut", "flip", "insert", "delete", "folder", "link", "fifo", "forbid", "seal" or "spoil".
        file: where, below the folder of the case.
        at: where in the file, as a share of its length, or of its values.
        data: what is written or inserted, in base 64; the target of a link; the JSON that takes a value's place.
    """

    what: str
    file: str
    at: float = 0.0
    data: str = ""

    def make(self, folder: Path) -> None:
        """Change the files below *folder*; a change that cannot be made, because of an earlier one, is left out."""
        path = folder / self.file
        if self.what in ("cut", "flip", "insert", "seal", "spoil", "write") and path.exists() and not path.is_file():
            return  # a pipe would keep us waiting
        with suppress(FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError):
            getattr(self, f"_{self.what}")(path)

    @property
    def _bytes(self) -> bytes:
        return base64.b64decode(self.data)

    def _write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._bytes)

    def _cut(self, path: Path) -> None:
        path.write_bytes(path.read_bytes()[: int(self.at * path.stat().st_size)])

    def _flip(self, path: Path) -> None:
        content = bytearray(path.read_bytes())
        if content:
            content[int(self.at * len(content))] ^= self._bytes[0] or 1
        path.write_bytes(content)

    def _insert(self, path: Path) -> None:
        content = path.read_bytes()
        place = int(self.at * len(content))
        path.write_bytes(content[:place] + self._bytes + content[place:])

    def _delete(self, path: Path) -> None:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def _folder(self, path: Path) -> None:
        self._gone(path)
        path.mkdir(parents=True)

    def _link(self, path: Path) -> None:
        target = self._bytes.decode()
        if path.exists() and target == "outside/copy":  # what was there lies elsewhere now
            away = path.parents[len(Path(self.file).parts) - 1] / "outside" / "copy"
            if away.exists():  # an earlier one's
                return
            path.rename(away)
            path.symlink_to(away)
            return
        self._gone(path)
        path.symlink_to(path.parents[len(Path(self.file).parts) - 1] / target)

    def _fifo(self, path: Path) -> None:
        self._gone(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)

    def _forbid(self, path: Path) -> None:
        path.chmod(0)

    def _seal(self, path: Path) -> None:
        """Let a state file be what the checksum beside it says, so that only its content is wrong."""
        sums = path.parent / "state.json"
        head = json.loads(sums.read_text())["head"]
        head["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        _tell(sums, head)

    def _spoil(self, path: Path) -> None:
        """Put another value into what a checkpoint tells of itself, under a right checksum."""
        head = json.loads(path.read_text())["head"]
        places = list(places_of(head))
        node, key = places[int(self.at * len(places))]
        node[key] = json.loads(self._bytes)
        _tell(path, head)

    def _gone(self, path: Path) -> None:
        if path.is_symlink() or path.exists():
            self._delete(path)


def _tell(file: Path, head: dict[str, Any]) -> None:
    """Write what a checkpoint tells of itself, with its checksum."""
    file.write_text(json.dumps({"head": head, "sha256": hashlib.sha256(json.dumps(head).encode()).hexdigest()}))


def places_of(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every (container, key) in *tree*."""
    if isinstance(tree, dict | list):
        for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
            yield tree, key
            yield from places_of(value)


@dataclass(frozen=True)
class Case:
    """A bad input.

    Attributes:
        template: the folder that it starts from, as in `templates`.
        edits: what is changed in it, in this order.
        line: the arguments of `streamsim`, given in that folder.
        files: most bytes that a file may have, as on a disk that is full; 0 for no bound.
    """

    template: str
    edits: tuple[Edit, ...]
    line: tuple[str, ...]
    files: int = 0

    def text(self) -> str:
        """Return the case in JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def of(cls, text: str) -> "Case":
        """Return the case that was written as *text*."""
        told = json.loads(text)
        edits = tuple(Edit(**edit) for edit in told["edits"])
        return cls(told["template"], edits, tuple(told["line"]), told.get("files", 0))
