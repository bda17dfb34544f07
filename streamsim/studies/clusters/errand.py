"""A cell that another machine is to compute: what that machine must know, and whether it sees what it must see."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamsim.storage import Directory
from streamsim.studies.launchers import Cell


@dataclass(frozen=True)
class Errand:
    """A cell, and where and how it is to be computed.

    Args:
        folder: of the cell, as the user spelt it.
        threads: to compute with.
        trust: whether it may import whatever it names.
        home: the folder in which the study was started, from which all paths are meant.
        modules: where its starter found modules.
    """

    folder: Path
    threads: int
    trust: bool
    home: Path = field(default_factory=Path.cwd)
    modules: Sequence[str] = field(default_factory=lambda: tuple(sys.path))

    @property
    def cell(self) -> Cell:
        """The cell."""
        return Cell(Directory(self.folder))

    def settle(self) -> str:
        """Go to where the study was started; return why that is not possible, if it is not."""
        try:
            os.chdir(self.home)
        except OSError as error:
            return self._unseen(self.home, str(error.strerror))
        if not (self.folder / "config.yaml").is_file():
            return self._unseen(self.folder, "there is no config.yaml")
        sys.path += [place for place in self.modules if place not in sys.path]
        return ""

    def _unseen(self, path: Path, why: str) -> str:
        return (
            f"{path} is not seen on {platform.node()} ({why}): keep studies, and start them, in a folder that all "
            "machines of the cluster share"
        )
