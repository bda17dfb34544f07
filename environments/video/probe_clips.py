"""Clips for probes: from the first frame on, the square in the middle, colours as they are."""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from streamsim.contracts import DataError, OnDamaged, Sequences, Stretch
from streamsim.environments.io import lru_cached
from streamsim.environments.transforms import CentreCrop, unit

from .clips import Clip
from .cutter import Cutter


class ProbeClips:
    """Shows clips to probes and keeps what it decoded last, up to a limit.

    Args:
        cutter: decodes clips.
        longest: how many frames of a clip are shown at most; None for all.
        cache_mib: how much memory decoded clips may take, in MiB; the longest unused ones go first.
        on_damaged: what to do with a clip that cannot be read or is too short.
    """

    def __init__(self, cutter: Cutter, longest: int | None, cache_mib: int, on_damaged: OnDamaged) -> None:
        self._cutter, self._longest, self._on_damaged = cutter, longest, on_damaged
        self._frames = lru_cached(self._cut, lambda pixels: pixels.nbytes, cache_mib)
        self.damaged: set[Path] = set()
        """Files that were passed over."""

    def of(self, clips: Sequence[Clip]) -> Sequences:
        """Return *clips*, each one example of its class."""

        def fetch(chosen: Int[Tensor, " chosen"]) -> Stretch:
            mine = [clips[i] for i in chosen.tolist()]
            found = [self._read(clip) for clip in mine]
            labels = [torch.full((len(pixels),), label) for pixels, label in found]
            frames = pad_sequence([pixels for pixels, _ in found], batch_first=True)
            return Stretch(unit(frames), pad_sequence(labels, batch_first=True, padding_value=-1))

        return Sequences(len(clips), fetch, pooled=True)

    def _read(self, clip: Clip) -> tuple[Tensor, int]:
        """Return the frames and the class of a clip: one of nothing and -1 if it is damaged and to be passed over."""
        try:
            return self._frames(clip), clip.label
        except DataError:
            if self._on_damaged is OnDamaged.REFUSE:
                raise
            self.damaged.add(clip.file)
            return torch.zeros(1, self._cutter.channels, self._cutter.size, self._cutter.size, dtype=torch.uint8), -1

    def _cut(self, clip: Clip) -> Tensor:
        return self._cutter.cut(clip.file, CentreCrop(), (), 0.0, self._longest)
