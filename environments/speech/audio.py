"""Recordings of speech as ticks of 10 ms, decoded on demand."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int16
from torch import Tensor

from streamsim.environments.io import ordinary, unreadable

RATE = 16_000

TICK = 160


def decode(file: Path) -> tuple[Int16[Tensor, "ticks 160"], int]:
    """Return a recording at 16 kHz in steps of 1 / 32768, less the last incomplete tick, and its own sample rate in Hz.

    Channels are averaged. Other sample rates are converted by torchaudio, whose filter looks less than a millisecond
    ahead. A .wav file that was cut off is as long as what is left of it.

    Raises:
        DataError: it cannot be read, or holds no samples.
    """
    samples, rate = _read(file)
    mono = torch.from_numpy(samples).mean(1)
    if rate != RATE:
        from torchaudio.functional import resample  # noqa: PLC0415 - slow to import, seldom needed

        mono = resample(mono, rate, RATE)
    whole = (mono[: len(mono) // TICK * TICK] * 32768).round_().clamp_(-32768, 32767)
    return whole.to(torch.int16).reshape(-1, TICK), rate


def _read(file: Path) -> tuple[np.ndarray, int]:
    import soundfile  # noqa: PLC0415 - worlds without sound need no decoder

    try:
        samples, rate = soundfile.read(ordinary(file), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise unreadable(file, str(error)) from None
    if len(samples) == 0:
        raise unreadable(file, "it holds no samples")
    if not np.isfinite(samples).all():
        raise unreadable(file, "it holds samples that are no numbers")
    return samples, rate
