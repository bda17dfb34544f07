"""Recordings of speech as ticks of 10 ms, decoded on demand."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int16
from torch import Tensor

from streamsim.environments.io import ordinary, unreadable

RATE = 16_000

TICK = 160

_RATES = range(1_000, 384_001)  # of recordings, in Hz; a header that says anything else is damaged

_LARGEST_TABLE = 2**21  # numbers; what torchaudio's table of filters may hold


def decode(file: Path) -> tuple[Int16[Tensor, "ticks 160"], int]:
    """Return a recording at 16 kHz in steps of 1 / 32768, less the last incomplete tick, and its own sample rate in Hz.

    Channels are averaged. Other sample rates are converted by torchaudio, or by SciPy where they have so little in
    common with 16 kHz that torchaudio would need gigabytes; either filter looks about a millisecond ahead. A .wav file
    that was cut off is as long as what is left of it.

    Raises:
        DataError: it cannot be read, or holds no samples.
    """
    samples, rate = _read(file)
    mono = torch.from_numpy(samples).mean(1)
    mono = _converted(mono, rate) if rate != RATE else mono
    whole = (mono[: len(mono) // TICK * TICK] * 32768).round_().clamp_(-32768, 32767)
    return whole.to(torch.int16).reshape(-1, TICK), rate


def _converted(mono: Float[Tensor, " samples"], rate: int) -> Float[Tensor, " resampled"]:
    """Return samples taken at *rate* as if taken at 16 kHz."""
    step = Fraction(rate, RATE)
    if step.numerator * step.denominator <= _LARGEST_TABLE:
        from torchaudio.functional import resample  # noqa: PLC0415 - slow to import, seldom needed

        converted: Tensor = resample(mono, rate, RATE)
        return converted
    from scipy.signal import resample_poly  # noqa: PLC0415 - as above

    return torch.from_numpy(resample_poly(mono.numpy(), step.denominator, step.numerator).astype(np.float32))


def _read(file: Path) -> tuple[np.ndarray, int]:
    import soundfile  # noqa: PLC0415 - worlds without sound need no decoder

    try:
        samples, rate = soundfile.read(ordinary(file), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise unreadable(file, str(error)) from None
    if rate not in _RATES:
        lowest, highest = _RATES[0], _RATES[-1]
        raise unreadable(file, f"its rate is {rate} Hz, which is not {lowest:,} to {highest:,}")
    if len(samples) == 0:
        raise unreadable(file, "it holds no samples")
    if not np.isfinite(samples).all():
        raise unreadable(file, "it holds samples that are no numbers")
    return samples, rate
