"""What an image file shows is what one sees who opens it, whatever numbers it is made of."""

import io

import numpy as np
import pytest
from PIL import Image

from streamsim.contracts import DataError
from streamsim.environments.pictures.decoding import decode

GREY, COLOUR = (1, 8, 8), (3, 8, 8)
RAMP = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits_become_eight(tmp_path, suffix):
    file = tmp_path / f"a.{suffix}"
    Image.fromarray(RAMP).save(file)
    expected = np.rint(RAMP / 257).astype(np.uint8)
    assert np.array_equal(decode(file, GREY)[0].numpy(), expected)
    assert (decode(file, COLOUR).numpy() == expected).all()


def test_twelve_bits_fill_the_range(tmp_path):
    samples = np.linspace(0, 4095, 64).astype(">u2")
    (tmp_path / "a.pgm").write_bytes(b"P5 8 8 4095\n" + samples.tobytes())
    assert decode(tmp_path / "a.pgm", GREY).flatten()[[0, -1]].tolist() == [0, 255]


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_numbers_without_a_range_are_refused(tmp_path, kind):
    Image.fromarray(np.full((8, 8), 0.5 if kind is np.float32 else 70_000, kind)).save(tmp_path / "a.tif")
    with pytest.raises(
        DataError, match=r"a.tif holds 32-bit numbers, .* which is black .*: convert it to 8 or 16 bits"
    ):
        decode(tmp_path / "a.tif", GREY)


def half_clear(mode):
    """Return a black picture whose right half is clear."""
    picture = Image.new("RGBA", (8, 8), "black")
    picture.paste((0, 0, 0, 0), (4, 0, 8, 8))
    return picture.convert(mode)


@pytest.mark.parametrize(("mode", "suffix"), [("RGBA", "png"), ("LA", "png"), ("RGBA", "webp"), ("PA", "gif")])
@pytest.mark.parametrize("shape", [GREY, COLOUR])
def test_what_is_transparent_shows_white(tmp_path, mode, suffix, shape):
    half_clear(mode if mode != "PA" else "RGBA").save(tmp_path / f"a.{suffix}", lossless=True)
    pixels = decode(tmp_path / f"a.{suffix}", shape)
    assert pixels[:, :, :4].unique().tolist() == [0] and pixels[:, :, 4:].unique().tolist() == [255]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_grey_that_stands_for_nothing_shows_white(tmp_path, kind):
    pixels = np.full((8, 8), 5, kind)
    pixels[0] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png", transparency=5)
    found = decode(tmp_path / "a.png", GREY)[0]
    assert found[0].unique().tolist() == [0] and found[1:].unique().tolist() == [255]


def test_half_a_shade_is_mixed_with_white_and_opaque_pictures_stay(tmp_path):
    Image.new("RGBA", (8, 8), (0, 100, 200, 128)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png", COLOUR)[:, 0, 0].tolist() == [127, 177, 227]
    Image.new("RGBA", (8, 8), (1, 100, 200, 255)).save(tmp_path / "b.png")
    assert decode(tmp_path / "b.png", COLOUR)[:, 0, 0].tolist() == [1, 100, 200]


def test_a_program_that_calls_itself_a_picture_is_not_run(tmp_path, monkeypatch):
    """Pillow would hand PostScript to an interpreter."""
    from PIL import EpsImagePlugin

    ran = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: ran.append(True))
    Image.new("L", (8, 8)).save(tmp_path / "a.png", "EPS")
    with pytest.raises(DataError, match=r"a.png is not a readable picture \(cannot identify image file"):
        decode(tmp_path / "a.png", GREY)
    assert not ran


def test_a_suffix_may_be_wrong(tmp_path):
    Image.new("L", (8, 8), 7).save(tmp_path / "a.png", "WEBP", lossless=True)
    assert decode(tmp_path / "a.png", GREY).unique().tolist() == [7]


def test_a_damaged_tiff_is_a_sentence_and_nothing_else(tmp_path, capfd):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "TIFF", compression="tiff_deflate")
    content = bytearray(buffer.getvalue())
    content[len(content) // 2] ^= 255
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(DataError, match=r"a.tif is not a readable picture \(decoder error -2\): restore or remove it"):
        decode(tmp_path / "a.tif", GREY)
    assert capfd.readouterr() == ("", "")
