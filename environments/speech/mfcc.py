"""Mel-frequency cepstral coefficients, the classic features of speech, beside which learnt ones are put."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

from .audio import RATE, TICK

COEFFICIENTS = 13

WINDOW = 400

_REACH = 2


def mfcc(frames: Float[Tensor, "n ticks 1 160"]) -> Float[Tensor, "n ticks 39"]:
    """Return 13 coefficients at each tick with their first and second differences over time.

    A Hann window of 25 ms ends with the tick; 40 mel bands, logarithm, cosine transform (torchaudio). Differences are
    slopes over the last five ticks, as in HTK but looking back only, so that nothing depends on what comes later.
    Before the beginning there is silence, and the coefficients are those of the first tick.
    """
    sound = pad(frames.flatten(1), (WINDOW - TICK, 0))
    coefficients: Tensor = _transform()(sound)
    slope = _slopes(coefficients)
    return torch.cat([coefficients, slope, _slopes(slope)], 1).transpose(1, 2)


def _slopes(values: Float[Tensor, "n coefficients ticks"]) -> Float[Tensor, "n coefficients ticks"]:
    from torchaudio.functional import compute_deltas  # noqa: PLC0415 - slow to import

    held = pad(values, (2 * _REACH, 0), mode="replicate")
    slopes: Tensor = compute_deltas(held, 2 * _REACH + 1)
    return slopes[..., _REACH:-_REACH]


def _transform() -> Callable[[Tensor], Tensor]:
    from torchaudio.transforms import MFCC  # noqa: PLC0415 - slow to import

    spectrum = {"n_fft": WINDOW, "hop_length": TICK, "n_mels": 40, "center": False}
    transform: Callable[[Tensor], Tensor] = MFCC(RATE, COEFFICIENTS, log_mels=True, melkwargs=spectrum)
    return transform
