"""What starts the cells of a study. It starts those that it is given; the truth lies in their folders."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from streamsim.contracts import StreamsimError


class LaunchError(StreamsimError):
    """Nothing can be run where a launcher would run it."""


@dataclass(frozen=True)
class News:
    """What has happened since the news before.

    Attributes:
        began: folders of cells that were started, or started again.
        ended: folders of cells that will not be started again; how, if they could not say it themselves.
    """

    began: Sequence[Path] = ()
    ended: Mapping[Path, str] = field(default_factory=dict)


class Launcher(ABC):
    """Runs cells, each apart from the others: what ends one leaves the others alone.

    One that a package registers as `streamsim.launchers` is made from settings of its own, which the user gives by
    `--on`, and from three that the study knows, which its constructor takes as well.

    Attributes:
        jobs: how many cells run at once at most, None for as many as there is room for.
        threads: that a cell computes with; the last bits of what it computes depend on it.
        trust: whether cells may import whatever they name.
    """

    jobs: int | None
    threads: int
    trust: bool

    def ready(self) -> None:
        """Raise `LaunchError` if nothing can be run where it would; asked before anything of a study is put down."""

    @abstractmethod
    def launch(self, cells: Sequence[Path], stopped: Callable[[], bool]) -> Iterator[News]:
        """Run *cells* and yield news of them, if only that there are none, at least every second until all ended.

        Args:
            cells: run folders with a config.yaml, each begun or not.
            stopped: whether cells shall be saved and ended now, and none be started any more.

        Raises:
            LaunchError: nothing can be run where it would, or not any longer.
        """
