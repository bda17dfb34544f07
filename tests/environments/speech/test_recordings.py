import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from streamsim.contracts.errors import DataError
from streamsim.environments.speech.audio import decode


@pytest.mark.parametrize("suffix", ["flac", "wav"])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_are_those_of_the_file_less_the_last_incomplete_tick(tmp_path, write_sound, suffix, channels):
    samples, rate = decode(write_sound(tmp_path / f"a.{suffix}", 3, first=-1, channels=channels, rest=159))
    assert rate == 16000 and samples.dtype is torch.int16 and samples.shape == (3, 160)
    assert samples.unique(dim=1).tolist() == [[-1], [0], [1]]


def test_channels_are_averaged(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.array([[100, 300]] * 160, dtype=np.int16), 16000)
    assert decode(tmp_path / "a.wav")[0].unique().tolist() == [200]


def test_full_scale_is_kept(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.array([32767, -32768] * 80, dtype=np.int16), 16000)
    assert decode(tmp_path / "a.wav")[0][0, :2].tolist() == [32767, -32768]


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 11_127, 22_254, 44_101, 383_999])
def test_other_rates_are_converted(tmp_path, rate):
    seconds = np.arange(rate) / rate
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 440 * seconds), rate)
    samples, found = decode(tmp_path / "a.wav")
    expected = 0.5 * torch.sin(2 * torch.pi * 440 * torch.arange(16000) / 16000)
    assert found == rate and samples.shape == (100, 160)
    middle = slice(1600, -1600)  # at the ends the filter sees silence
    assert (samples.flatten() / 32768 - expected)[middle].abs().max() < 2e-3


MEMORY = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30,) * 2)
from streamsim.environments.speech.audio import decode
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decode(Path(sys.argv[1]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.parametrize("rate", [11_127, 44_101])
def test_no_rate_takes_much_memory(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", np.zeros(2 * rate), rate)
    command = [sys.executable, "-c", MEMORY, tmp_path / "a.wav"]
    assert float(subprocess.check_output(command)) < 300  # MiB, most of them the converter's code


@pytest.mark.parametrize("rate", [1, 999, 384_001, 2**31 - 1])
def test_rates_that_no_recording_has(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", np.zeros(400), 16000)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = struct.pack("<I", rate)
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(DataError, match=rf"\(its rate is {rate} Hz, which is not 1,000 to 384,000\): restore it"):
        decode(tmp_path / "a.wav")


def damage(good, kind):
    """Return the bytes of a damaged recording."""
    return {
        "empty": b"",
        "text": b"no sound at all",
        "header": good[:60],
        "half": good[: len(good) // 2],
        "zeros inside": good[: len(good) // 3] + bytes(400) + good[len(good) // 3 + 400 :],
    }[kind]


@pytest.mark.parametrize("kind", ["empty", "text", "header", "half", "zeros inside"])
def test_damaged_flac(tmp_path, kind):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16000)
    soundfile.write(tmp_path / "good.flac", noise, 16000)
    (tmp_path / "a.flac").write_bytes(damage((tmp_path / "good.flac").read_bytes(), kind))
    with pytest.raises(
        DataError,
        match=r"a.flac is not a readable recording \(.+[^.]\): restore it, or pass it over with --on-damaged skip$",
    ):
        decode(tmp_path / "a.flac")


def test_no_samples(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(0, dtype=np.int16), 16000)
    with pytest.raises(DataError, match="it holds no samples"):
        decode(tmp_path / "a.wav")


def test_not_a_number(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.array([0.1, np.nan] * 80), 16000, subtype="FLOAT")
    with pytest.raises(DataError, match="samples that are no numbers"):
        decode(tmp_path / "a.wav")


def test_an_absent_file(tmp_path):
    with pytest.raises(DataError, match=r"a.flac is not a readable recording"):
        decode(tmp_path / "a.flac")


@pytest.mark.realdata
def test_real_recordings(recordings):
    from pathlib import Path

    file = min((Path(recordings("aligned_speech")) / "audio").glob("*.flac"))
    samples, rate = decode(file)
    expected, _ = soundfile.read(file, dtype="int16")
    assert rate == 16000 and np.array_equal(samples.flatten().numpy(), expected[: samples.numel()])
    assert 0 <= len(expected) - samples.numel() < 160 and samples.float().std() > 300
