"""Ctrl-C and SIGTERM end a run after its tick; a second Ctrl-C ends it at once."""

import signal
from types import FrameType, TracebackType
from typing import Any

from .instrument import Instrument, Moment
from .simulation import Simulation


class Interruption(Instrument):
    """Listens to signals while it is entered, and stops the simulation it watches after the tick.

    Attributes:
        signal: the signal that came, or None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def start(self, simulation: Simulation) -> None:
        """See `Instrument.start`."""
        self._obey(simulation)

    def watch(self, moment: Moment) -> None:
        """See `Instrument.watch`."""
        self._obey(moment.simulation)

    def _obey(self, simulation: Simulation) -> None:
        # not in the handler: a signal between two runs would be forgotten when the next one starts
        if self.signal is not None:
            simulation.stop()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number
