"""Sound in a report: what a few streams heard, to be looked at and listened to."""

import io
import wave
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int16
from markupsafe import Markup

from streamsim.instruments import AUDIO, Film

from .data import RunData
from .images import data_address, image
from .page import note, piece, section
from .pictures import bit_error
from .tables import who_sees_labels

STREAMS = 2

WIDTH = 1000
"""Columns of a waveform."""

BANDS, WINDOW, HOP, DEPTH = 64, 0.025, 0.005, 60
"""Bands of a spectrogram, seconds of a window, seconds from one to the next, decibels below the loudest."""

SLOWEST = 4000
"""Samples a second below which there is nothing to be seen in a spectrogram or to be heard."""

COLOUR = (31, 138, 140)


def sounds(data: RunData) -> Markup:
    """Return the first and last seconds that a few streams heard."""
    films = [film for film in data.films if is_sound(film) and len(film.tick)]
    if not films:
        return Markup()
    parts = [
        piece(
            "film",
            title=f"{film.name} ticks of the run: {film.tick[0]} to {film.tick[-1]}, seconds "
            f"{film.tick[0] * film.facts['period']:.2f} to {(film.tick[-1] + 1) * film.facts['period']:.2f}",
            streams=[heard(film, stream) for stream in range(min(STREAMS, film.frame.shape[1]))],
        )
        for film in films
    ]
    words = (
        "One block per stream: the waveform, scaled to its own peak, over its spectrogram "
        f"({BANDS} mel bands from 0 to half the sampling rate, windows of {1000 * WINDOW:.0f} ms, {DEPTH} dB). Upright "
        "lines are saccades, where the gaze turns to another recording and the agent is told by one bit: dashed where "
        f"it was not told, dotted where it was told wrongly or late.{who_sees_labels(data)}"
    )
    return section("What the agent heard", *parts, note(words))


def is_sound(film: Film) -> bool:
    """Tell whether a film can be heard: one channel of samples at every tick."""
    return film.facts["modality"] == AUDIO and film.frame.shape[2:-1] in ((), (1,)) and film.frame.shape[-1] > 1


def heard(film: Film, stream: int) -> Markup:
    """Return one stream as pictures over its labels, and a player."""
    samples, rate = track(film, stream)
    return piece(
        "sound",
        pictures=waveform(samples) + spectrogram(samples, rate),
        lines=saccade_lines(film, stream),
        labels=spoken(film, stream),
        player=wav(samples, rate) if rate >= SLOWEST else "",
    )


def track(film: Film, stream: int) -> tuple[Int16[np.ndarray, " samples"], int]:
    """Return the samples of a stream and how many there are in a second."""
    frames = film.frame[:, stream]
    return frames.reshape(-1), round(frames[0].size / film.facts["period"])


def wav(samples: Int16[np.ndarray, " samples"], rate: int) -> str:
    """Return *samples* as the address of a WAV file within the page."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes())
    return data_address("audio/wav", file.getvalue())


def waveform(samples: Int16[np.ndarray, " samples"]) -> Markup:
    """Return the lowest and highest sample of each stretch of time as a filled shape."""
    edges = np.linspace(0, len(samples), min(WIDTH, len(samples)) + 1).astype(int)[:-1]
    peak = max(1, int(np.abs(samples.astype(int)).max()))
    high, low = (50 - 48 * f.reduceat(samples.astype(int), edges) / peak for f in (np.maximum, np.minimum))
    above = [f"{x} {y:.1f}" for x, y in enumerate(high)]
    below = [f"{x} {y + 0.6:.1f}" for x, y in reversed(list(enumerate(low)))]
    return piece("waveform", width=len(edges) - 1, outline=above + below)


def spectrogram(samples: Int16[np.ndarray, " samples"], rate: int) -> Markup:
    """Return a picture, high tones above and loud ones opaque; nothing if the sound is too slow or too short."""
    window = round(WINDOW * rate)
    if rate < SLOWEST or len(samples) <= 2 * window:
        return Markup()
    levels = decibels(torch.from_numpy(samples.astype(np.float32) / 32767), rate, window).flip(0)
    share = (1 + levels / DEPTH).clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
    pixels = np.zeros((*share.shape, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = COLOUR, share
    return image(pixels, 1, "mel spectrogram")


def decibels(samples: Float[torch.Tensor, " samples"], rate: int, window: int) -> Float[torch.Tensor, "bands columns"]:
    """Return the logarithm of the power in mel bands, 0 for the largest."""
    from torchaudio.transforms import MelSpectrogram  # noqa: PLC0415  slow to load, and only sound needs it

    length = 2 ** (4 * window - 1).bit_length()  # zeros around the window, lest low bands hold no frequency at all
    hop, around = round(HOP * rate), "constant"  # silence around it
    mel = MelSpectrogram(rate, length, window, hop, n_mels=BANDS, pad_mode=around)
    power = mel(samples)
    loudest = power.amax().clamp(min=1e-10)
    found: torch.Tensor = 10 * (power / loudest).clamp(min=1e-10).log10()
    return found


def saccade_lines(film: Film, stream: int) -> Markup:
    """Return a line at every saccade, and at every bit that was false."""
    ticks = np.flatnonzero(film.saccade[:, stream] | film.received[:, stream]).tolist()
    return piece("saccades", lines=[(bit_error(film, tick, stream), percent_of_film(tick, film)) for tick in ticks])


def spoken(film: Film, stream: int) -> Markup:
    """Return the labels along the axis of time, each as wide as it lasts; nothing where none is known."""
    label, saccade = film.label[:, stream], film.saccade[:, stream]
    if (label < 0).all():
        return Markup()
    starts = sorted({0, *(np.flatnonzero((label[1:] != label[:-1]) | saccade[1:]) + 1).tolist()})
    names: Sequence[str] = film.facts["classes"]
    spans = [
        (
            "turn" if saccade[start] else "",
            percent_of_film(start, film),
            percent_of_film(end - start, film),
            names[label[start]] if label[start] >= 0 else "",
        )
        for start, end in pairwise([*starts, len(label)])
    ]
    return piece("labels", spans=spans)


def percent_of_film(ticks: int, film: Film) -> str:
    """Return how much of the axis of time *ticks* take, in percent."""
    return f"{100 * ticks / len(film.tick):.3f}"
