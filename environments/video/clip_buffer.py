"""What each stream sees now, decoded, and what it will see next, being decoded."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from streamsim.environments.io import Prefetch

from .cutter import ClipRequest


class ClipBuffer:
    """Holds the frames of every stream's fixation and has those of the next ones made ahead.

    All of it follows from the numbers of the clips and the draws in a world's state, and is made again wherever they
    are not those that it holds, so it is no part of the state.

    Args:
        make: makes the frames of a fixation.
        threads: how many threads make them ahead, at least 0.
        ahead: how many fixations are held ahead at most, at least 0; those that will be needed first if all is seen to
            its end.
    """

    def __init__(self, make: Callable[[ClipRequest], Tensor], threads: int, ahead: int) -> None:
        self._prefetch, self._ahead = Prefetch(make, threads), ahead if threads else 0
        self._clip, self._draws = torch.zeros(0, dtype=torch.int64), torch.zeros(0, 0)
        self._footage: list[Tensor] = []
        self.frames: Int[Tensor, " streams"] = torch.zeros(0, dtype=torch.int64)
        """How many frames the fixation of each stream has."""

    def shows(self, clip: Int[Tensor, " streams"], draws: Float[Tensor, "streams draws"]) -> bool:
        """Return whether these are the fixations that it holds."""
        return torch.equal(clip, self._clip) and torch.equal(draws, self._draws)

    def prepare(self, coming: list[ClipRequest]) -> None:
        """Have frames made that are needed now."""
        self._prefetch.ask(coming)

    def read(self, request: ClipRequest) -> UInt8[Tensor, "frames channels height width"]:
        """Return the frames of a fixation.

        Raises:
            DataError: its clip is damaged.
        """
        return self._prefetch.get(request)

    def load(self, clip: Int[Tensor, " streams"], draws: Float[Tensor, "streams draws"]) -> list[ClipRequest]:
        """Show these fixations from now on and return them.

        Raises:
            DataError: a clip is damaged.
        """
        now = requests(clip, draws)
        self._prefetch.ask(now)
        self._footage = [self._prefetch.get(request) for request in now]
        self.frames = torch.tensor([len(frames) for frames in self._footage])
        self._clip, self._draws = clip.clone(), draws.clone()
        return now

    def look_ahead(self, now: list[ClipRequest], following: list[ClipRequest], left: Int[Tensor, " streams"]) -> None:
        """Have the *following* fixations made, of streams with the fewest frames *left* first, and hold no others."""
        nearest = [following[stream] for stream in left.argsort(stable=True).tolist()[: self._ahead]]
        self._prefetch.keep({*now, *nearest})
        self._prefetch.ask(nearest)

    def at(self, tick: Int[Tensor, " streams"]) -> UInt8[Tensor, "streams channels height width"]:
        """Return frame *tick* of each stream's fixation."""
        return torch.stack([frames[i] for frames, i in zip(self._footage, tick.tolist(), strict=True)])


def requests(clip: Int[Tensor, " streams"], draws: Float[Tensor, "streams draws"]) -> list[ClipRequest]:
    """Return what each stream is to be shown."""
    pairs = zip(clip.tolist(), draws.tolist(), strict=True)
    return [ClipRequest(number, start, tuple(framing)) for number, (start, *framing) in pairs]
