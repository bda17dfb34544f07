"""Which cells have begun: a scheduler tells when it has taken a job, not when it starts it."""

from dataclasses import dataclass, field
from pathlib import Path

from streamsim.storage import Directory
from streamsim.studies.launchers import Cell


@dataclass
class Beginnings:
    """Cells that are expected to begin, which shows by what their processes say in their folders."""

    said: dict[Path, int] = field(default_factory=dict)

    def expect(self, folder: Path) -> None:
        """Look out for the cell in *folder*."""
        self.said[folder] = size(folder)

    def seen(self) -> list[Path]:
        """Return the folders of cells that have begun since this was asked before."""
        found = [folder for folder, before in self.said.items() if size(folder) > before]
        self.said = {folder: before for folder, before in self.said.items() if folder not in found}
        return found


def size(folder: Path) -> int:
    """Return how many bytes the processes of a cell have said."""
    return Cell(Directory(folder)).log_size()
