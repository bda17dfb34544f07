"""Sound in a report: what a few streams heard, to be looked at and listened to."""

import base64
import io
import wave
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int16

from streamsim.instruments import AUDIO, Film

from .data import RunData
from .images import image
from .page import note, section, text

STREAMS = 2

WIDTH = 1000
"""Columns of a waveform."""

BANDS, WINDOW, HOP, DEPTH = 64, 0.025, 0.005, 60
"""Bands of a spectrogram, seconds of a window, seconds from one to the next, decibels below the loudest."""

SLOWEST = 4000
"""Samples a second below which there is nothing to be seen in a spectrogram or to be heard."""

COLOUR = (31, 138, 140)


def sounds(data: RunData) -> str:
    """Return the first and last seconds that a few streams heard."""
    films = [film for film in data.films if is_sound(film) and len(film.tick)]
    if not films:
        return ""
    parts = [
        f"<h3>{text(film.name)} ticks of the run: {film.tick[0]} to {film.tick[-1]}, "
        f"seconds {film.tick[0] * film.facts['period']:.2f} to {(film.tick[-1] + 1) * film.facts['period']:.2f}</h3>"
        + "".join(heard(film, stream) for stream in range(min(STREAMS, film.frame.shape[1])))
        for film in films
    ]
    words = (
        "One block per stream: the waveform, scaled to its own peak, over its spectrogram "
        f"({BANDS} mel bands from 0 to half the sampling rate, windows of {1000 * WINDOW:.0f} ms, {DEPTH} dB). Upright "
        "lines are saccades, where the gaze turns to another recording and the agent is told by one bit: dashed where "
        "it was not told, dotted where it was told wrongly or late. Labels are for the reader; the agent never sees "
        "them."
    )
    return section("sound", "What the agent heard", *parts, note(words))


def is_sound(film: Film) -> bool:
    """Tell whether a film can be heard: one channel of samples at every tick."""
    return film.facts["modality"] == AUDIO and film.frame.shape[2:-1] in ((), (1,)) and film.frame.shape[-1] > 1


def heard(film: Film, stream: int) -> str:
    """Return one stream as pictures over its labels, and a player."""
    samples, rate = track(film, stream)
    drawn = waveform(samples) + spectrogram(samples, rate)
    player = f'<audio controls preload="none" src="{wav(samples, rate)}"></audio>' if rate >= SLOWEST else ""
    return (
        f'<div class="sound"><div class="track">{drawn}{turns(film, stream)}</div>{spoken(film, stream)}{player}</div>'
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
    return f"data:audio/wav;base64,{base64.b64encode(file.getvalue()).decode()}"


def waveform(samples: Int16[np.ndarray, " samples"]) -> str:
    """Return the lowest and highest sample of each stretch of time as a filled shape."""
    edges = np.linspace(0, len(samples), min(WIDTH, len(samples)) + 1).astype(int)[:-1]
    peak = max(1, int(np.abs(samples.astype(int)).max()))
    high, low = (50 - 48 * f.reduceat(samples.astype(int), edges) / peak for f in (np.maximum, np.minimum))
    there = [f"{x} {y:.1f}" for x, y in enumerate(high)]
    back = [f"{x} {y + 0.6:.1f}" for x, y in reversed(list(enumerate(low)))]
    path = f'<path d="M{"L".join(there + back)}Z"/>'
    return f'<svg class="wave" viewBox="0 0 {len(edges) - 1} 100" preserveAspectRatio="none">{path}</svg>'


def spectrogram(samples: Int16[np.ndarray, " samples"], rate: int) -> str:
    """Return a picture, high tones above and loud ones opaque; nothing if the sound is too slow or too short."""
    window = round(WINDOW * rate)
    if rate < SLOWEST or len(samples) <= 2 * window:
        return ""
    levels = decibels(torch.from_numpy(samples.astype(np.float32) / 32767), rate, window).flip(0)
    share = (1 + levels / DEPTH).clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
    pixels = np.zeros((*share.shape, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = COLOUR, share
    return image(pixels, 1, "mel spectrogram")


def decibels(samples: Float[torch.Tensor, " samples"], rate: int, window: int) -> Float[torch.Tensor, "bands columns"]:
    """Return the logarithm of the power in mel bands, 0 for the largest."""
    from torchaudio.transforms import MelSpectrogram  # noqa: PLC0415  slow to load, and only sound needs it

    length = 2 ** (4 * window - 1).bit_length()  # zeros around the window, lest low bands hold no frequency at all
    mel = MelSpectrogram(rate, length, window, round(HOP * rate), n_mels=BANDS)
    power = mel(samples)
    loudest = power.amax().clamp(min=1e-10)
    found: torch.Tensor = 10 * (power / loudest).clamp(min=1e-10).log10()
    return found


def turns(film: Film, stream: int) -> str:
    """Return a line at every saccade, and at every bit that was false."""
    moved, told = film.saccade[:, stream], film.received[:, stream]
    lines = []
    for tick in np.flatnonzero(moved | told).tolist():
        kind = "" if moved[tick] and told[tick] else "missed" if moved[tick] else "false"
        lines.append(f'<i class="{kind}" style="left:{place(tick, film)}%"></i>')
    return "".join(lines)


def spoken(film: Film, stream: int) -> str:
    """Return the labels along the axis of time, each as wide as it lasts; nothing where none is known."""
    label, new = film.label[:, stream], film.saccade[:, stream]
    if (label < 0).all():
        return ""
    starts = sorted({0, *(np.flatnonzero((label[1:] != label[:-1]) | new[1:]) + 1).tolist()})
    names: Sequence[str] = film.facts["classes"]
    cells = []
    for start, end in pairwise([*starts, len(label)]):
        name = text(names[label[start]]) if label[start] >= 0 else ""
        style = f"left:{place(start, film)}%;width:{place(end - start, film)}%"
        cells.append(f'<span class="{"turn" if new[start] else ""}" style="{style}" title="{name}">{name}</span>')
    return f'<div class="spoken">{"".join(cells)}</div>'


def place(tick: int, film: Film) -> str:
    """Return how far along the axis of time *tick* is, in percent."""
    return f"{100 * tick / len(film.tick):.3f}"
