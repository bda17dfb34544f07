"""What was heard is drawn and played as it was, with its saccades and its labels in their places."""

import base64
import io
import re
import wave
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from streamsim.instruments.recorder import Film
from streamsim.report.sound import (
    BANDS,
    decibels,
    heard,
    is_sound,
    percent_of_film,
    saccade_lines,
    sounds,
    spectrogram,
    spoken,
    track,
    wav,
    waveform,
)

RATE = 8000
UNTOLD = {"summary": {"labels_told": 0}}


def film(ticks=50, tone=1000.0, shape=(1, 80), modality="audio", **fields):
    """A tone of one stream, 80 samples at a tick of 10 ms."""
    samples = np.sin(2 * np.pi * tone * np.arange(ticks * 80) / RATE) * 16000
    never = np.zeros((ticks, 1), bool)
    facts = {"classes": ["aa", "b<"], "period": 0.01, "modality": modality}
    made = {
        "tick": np.arange(100, 100 + ticks),
        "frame": samples.astype(np.int16).reshape(ticks, 1, *shape),
        "saccade": never,
        "received": never,
        "object_id": never.astype(int),
        "label": np.full((ticks, 1), -1),
        **fields,
    }
    return Film("first", "ear", **made, facts=facts)


def at(ticks, *where):
    flags = np.zeros((ticks, 1), bool)
    flags[list(where)] = True
    return flags


def test_what_is_played_are_the_samples():
    samples, rate = track(film(), 0)
    address = wav(samples, rate)
    with wave.open(io.BytesIO(base64.b64decode(address.removeprefix("data:audio/wav;base64,")))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (RATE, 1, 4000)
        assert np.array_equal(np.frombuffer(file.readframes(4000), "<i2"), samples)


def test_the_waveform_reaches_from_the_lowest_to_the_highest_sample():
    drawn = waveform(np.array([0, 100, -50, 25], np.int16))
    numbers = [float(y) for _, y in re.findall(r"(\d+) (-?[\d.]+)", drawn[drawn.index("<path") :])]
    assert numbers == [50, 2, 74, 38, 38.6, 74.6, 2.6, 50.6]
    assert 'viewBox="0 0 3 100"' in drawn
    assert "NaN" not in waveform(np.zeros(5, np.int16)) and "nan" not in waveform(np.zeros(5, np.int16))


def test_long_sounds_are_drawn_in_a_thousand_columns():
    samples = np.zeros(80_000, np.int16)
    samples[40_000] = 7
    drawn = waveform(samples)
    assert 'viewBox="0 0 999 100"' in drawn
    assert drawn.count("L500 2.0") == 1 and drawn.count(" 2.0") == 1
    assert drawn.count("L500 50.6") == 1


@pytest.mark.parametrize("tone", [200.0, 1000.0, 3000.0])
def test_a_tone_lies_in_its_band(tone):
    samples, rate = track(film(tone=tone), 0)
    levels = decibels(torch.from_numpy(samples.astype(np.float32)), rate, 200)
    mel = 2595 * np.log10(1 + tone / 700)
    expected = mel / (2595 * np.log10(1 + RATE / 2 / 700)) * (BANDS + 1) - 1
    assert levels.shape[0] == BANDS and levels.amax() == 0
    assert abs(levels.mean(1).argmax().item() - expected) <= 1


def test_sounds_shorter_than_the_transform_have_a_spectrogram():
    """Of 960 samples, six ticks of speech, there are fewer than zeros around a window."""
    levels = decibels(torch.sin(torch.arange(960) / 3), 16_000, 400)
    assert levels.shape[1] > 1 and levels.isfinite().all()


def test_high_tones_are_drawn_above_and_silence_is_clear():
    pixels = []
    for tone in (300.0, 3000.0):
        samples = track(film(tone=tone), 0)[0].copy()
        samples[2000:] = 0
        source = re.search(r"base64,([^\"]+)", spectrogram(samples, RATE))[1]
        pixels.append(np.asarray(Image.open(io.BytesIO(base64.b64decode(source))))[..., 3])
    low, high = (sheet[:, :40].mean(1).argmax() for sheet in pixels)
    assert high < low
    assert all(sheet[:, 80:].max() == 0 for sheet in pixels)


def test_slow_or_short_sounds_have_no_spectrogram():
    assert spectrogram(np.zeros(4000, np.int16), 200) == ""
    assert spectrogram(np.zeros(300, np.int16), RATE) == ""


def test_saccades_stand_in_their_places():
    ticks = 10
    shown = film(ticks, saccade=at(ticks, 0, 5), received=at(ticks, 0, 7))
    assert saccade_lines(shown, 0) == (
        '<i class="" style="left:0.000%"></i><i class="missed" style="left:50.000%"></i>'
        '<i class="false" style="left:70.000%"></i>'
    )
    assert percent_of_film(1, film(4)) == "25.000"


def test_labels_are_as_wide_as_they_last_and_end_at_saccades():
    labels = np.array([-1, 0, 0, 1, 1, 1, 1, 1])[:, None]
    shown = spoken(film(8, label=labels, saccade=at(8, 5)), 0)
    found = re.findall(r'<span class="(\w*)" style="left:([\d.]+)%;width:([\d.]+)%" title="([^"]*)">([^<]*)<', shown)
    assert [(kind, float(left), float(width), name) for kind, left, width, name, _ in found] == [
        ("", 0, 12.5, ""),
        ("", 12.5, 25, "aa"),
        ("", 37.5, 25, "b&lt;"),
        ("turn", 62.5, 37.5, "b&lt;"),
    ]
    assert all(name == again for *_, name, again in found)
    assert spoken(film(8), 0) == ""


def test_pictures_and_many_channels_are_no_sound():
    assert is_sound(film()) and is_sound(film(shape=(80,)))
    assert not is_sound(film(modality="vision")) and not is_sound(film(shape=(2, 40)))
    assert not is_sound(film(shape=(80, 1)))


def test_a_section_only_where_something_was_heard():
    assert sounds(SimpleNamespace(films=[film(modality="vision"), film(ticks=0)], **UNTOLD)) == ""
    section = sounds(SimpleNamespace(films=[film()], **UNTOLD))
    assert section.count("<audio") == section.count("<svg") == section.count("<img") == 1
    assert "ticks of the run: 100 to 149, seconds 1.00 to 1.50" in section
    assert "<audio" not in heard(slow(), 0)


def slow():
    made = film()
    made.facts["period"] = 1.0
    return made
