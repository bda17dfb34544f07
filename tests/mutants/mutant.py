"""A fault put into the code on purpose, and the tests that must notice it."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One wrong sign, gate, lag or factor.

    Attributes:
        name: whose, and what is wrong in it.
        file: from the top of the repository on.
        old: text that occurs once in it.
        new: what stands there instead.
        tests: files or node ids, from the top of the repository on; one of them must fail. The quickest come first.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The file."""
        return ROOT / self.file

    @property
    def times(self) -> int:
        """How often the old text occurs in the file."""
        return self.path.read_text().count(self.old) if self.path.is_file() else 0

    def text(self) -> str:
        """Return the file with the fault in it."""
        return self.path.read_text().replace(self.old, self.new)
