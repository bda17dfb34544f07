"""Frame i is frame i, from either decoder, in any order; damaged files are sentences."""

import random

import numpy as np
import pytest
import torch

from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.environments import AutomaticDecoder, DecordDecoder, PyAVDecoder
from streamsim.environments.video import video_index
from streamsim.environments.video.decord import is_there

needs_decord = pytest.mark.skipif(not is_there(), reason="there is no decord for this platform")
both = pytest.mark.parametrize("decoder", [PyAVDecoder, pytest.param(DecordDecoder, marks=needs_decord)])
FORMS = [
    ("mpeg4", "avi", 0),
    ("mpeg4", "avi", 2),  # frames that are predicted from later ones, whose time stamps are guesses
    ("mjpeg", "avi", 0),
    ("libx264", "mp4", 2),
    ("libx264", "mkv", 3),
    ("mpeg4", "mov", 2),
    ("libvpx-vp9", "webm", 0),
]


def numbers(pictures):
    """Return which frames pictures are of, as the fixture codes it."""
    height, width = (n // 2 for n in pictures.shape[1:3])
    ones = pictures[:, :, width + 4 :].float().mean((1, 2, 3))
    fifties = pictures[:, : height - 4, : width - 4].float().mean((1, 2, 3))
    return (((ones - 20) / 4).round() + 50 * ((fifties - 20) / 40).round()).long().tolist()


@both
@pytest.mark.parametrize(("codec", "suffix", "later"), FORMS)
def test_frames_in_any_order(tmp_path, write_clip, decoder, codec, suffix, later):
    file = write_clip(tmp_path / f"clip.{suffix}", 50, codec=codec, later=later)
    order = [*range(50), 49, 0, 25]
    random.Random(0).shuffle(order)
    with decoder().open(file) as reel:
        assert (reel.frames, reel.height, reel.width) == (50, 48, 64)
        assert numbers(reel.fetch(order)) == order
        assert [numbers(reel.fetch([i]))[0] for i in order[:12]] == order[:12]


@both
@pytest.mark.parametrize(("codec", "suffix", "later"), FORMS)
def test_the_last_frame_first(tmp_path, write_clip, decoder, codec, suffix, later):
    file = write_clip(tmp_path / f"clip.{suffix}", 23, codec=codec, later=later)
    for first in (22, 21, 11):
        with decoder().open(file) as reel:
            assert numbers(reel.fetch([first])) == [first]


@both
@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_leaps_to_key_frames(tmp_path, write_clip, decoder, suffix):
    file = write_clip(tmp_path / f"clip.{suffix}", 250, codec="libx264", later=2, gop=12)
    order = [200, 3, 130, 249, 61, 62, 248, 0]
    with decoder().open(file) as reel:
        assert numbers(reel.fetch(order)) == order
        assert [numbers(reel.fetch([i]))[0] for i in order] == order


def test_a_leap_decodes_few_frames(tmp_path, write_clip):
    file = write_clip(tmp_path / "clip.mp4", 250, codec="libx264", later=2, gop=12)
    with PyAVDecoder().open(file) as reel:
        advanced, count = reel._advance, []
        reel._advance = lambda number: (count.append(number - max(reel._at, 0)), advanced(number))[1]
        reel.fetch([240])
        assert sum(count) < 50


def test_frames_that_wait_for_later_ones_make_avi_times_doubtful(tmp_path, write_clip):
    doubtful = video_index.indexed(write_clip(tmp_path / "a.avi", 20, later=2))
    sure = video_index.indexed(write_clip(tmp_path / "b.avi", 20))
    assert doubtful.stamps == () and doubtful.keys == (0,)
    assert sure.stamps == tuple(range(20)) and sure.key_before(19) > 0


@both
def test_pictures_are_scaled_down_never_up(tmp_path, write_clip, decoder):
    file = write_clip(tmp_path / "clip.avi", 3)
    with decoder().open(file, shorter=24) as reel:
        assert reel.fetch([2, 0]).shape == (2, 24, 32, 3) and numbers(reel.fetch([2, 0])) == [2, 0]
    with decoder().open(file, shorter=96) as reel:
        assert reel.fetch([1]).shape == (1, 48, 64, 3)


@needs_decord
def test_decoders_agree_when_they_scale(tmp_path, write_clip):
    file = write_clip(tmp_path / "clip.avi", 3)
    one, other = (d().open(file, shorter=24).fetch([0, 2]).int() for d in (PyAVDecoder, DecordDecoder))
    assert (one - other).abs().float().mean() < 1  # they differ a little at edges


@both
def test_frames_outside(tmp_path, write_clip, decoder):
    with decoder().open(write_clip(tmp_path / "clip.avi", 3)) as reel:
        for number in (3, -1):
            with pytest.raises(ConfigurationError, match=rf"frames are numbered 0 to 2 \(got \[{number}\]\)"):
                reel.fetch([0, number])


def damage(content, how):
    third = len(content) // 3
    return {
        "empty": b"",
        "only a header": content[:40],
        "half": content[: len(content) // 2],
        "no header": content[third:],
        "text": b"this is no clip\n" * 100,
        "a hole": content[:third] + bytes(third) + content[2 * third :],
    }[how]


@both
@pytest.mark.parametrize("how", ["empty", "only a header", "half", "no header", "text", "a hole"])
def test_damaged_files(tmp_path, write_clip, decoder, capfd, how):
    file = write_clip(tmp_path / "clip.avi", 40, codec="mjpeg")
    file.write_bytes(damage(file.read_bytes(), how))
    with pytest.raises(DataError) as caught, decoder().open(file) as reel:
        reel.fetch(range(reel.frames))
    (sentence,) = str(caught.value).splitlines()
    assert sentence.startswith(f"{file} is not a readable recording (")
    assert sentence.endswith("or pass it over with --on-damaged skip")
    assert capfd.readouterr() == ("", "")


@both
def test_frames_that_cannot_be_decoded(tmp_path, write_clip, decoder):
    """The packets are all there, but from the 20th on they hold nothing that the decoder knows."""
    import av

    file, bad = write_clip(tmp_path / "clip.mkv", 40, codec="mjpeg"), tmp_path / "bad.mkv"
    with av.open(str(file)) as source, av.open(str(bad), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for i, packet in enumerate(p for p in source.demux(video=0) if p.size):
            spoilt = av.Packet(bytes(packet) if i < 20 else b"\x00\x01\x02" * 50)
            spoilt.stream, spoilt.pts, spoilt.dts = stream, packet.pts, packet.dts
            spoilt.time_base, spoilt.is_keyframe = packet.time_base, True
            target.mux(spoilt)
    with decoder().open(bad) as reel, pytest.raises(DataError, match=r"bad.mkv is not a readable recording"):
        reel.fetch([3, 30])


@both
def test_a_name_is_no_address(tmp_path, write_clip, decoder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = write_clip(tmp_path / "other.avi", 5)
    content = write_clip(tmp_path / "clip.avi", 3).read_bytes()
    name = type(other)(f"concat:{other.name}|{other.name}.avi")
    name.write_bytes(content)
    with decoder().open(name) as reel:
        assert reel.frames == 3


@both
def test_an_unknown_codec(tmp_path, write_clip, decoder, capfd):
    file = write_clip(tmp_path / "clip.avi", 40)
    file.write_bytes(file.read_bytes().replace(b"FMP4", b"ZZZZ"))
    with pytest.raises(DataError, match=r"clip.avi is not a readable recording \(no decoder here knows its codec\):"):
        decoder().open(file)
    assert capfd.readouterr() == ("", "")


@both
def test_a_file_that_is_not_there(tmp_path, decoder):
    with pytest.raises(DataError, match=r"nowhere.avi is not a readable recording \(No such file"):
        decoder().open(tmp_path / "nowhere.avi")


@both
def test_sound_alone(tmp_path, decoder):
    import av

    with av.open(str(tmp_path / "sound.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4000), dtype=np.int16), format="s16", layout="mono")
        sound.sample_rate = 16_000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(DataError, match="it holds no pictures"):
        decoder().open(tmp_path / "sound.mkv")


@both
def test_the_last_picture_stands_for_few_that_are_missing(tmp_path, write_clip, decoder, monkeypatch):
    """Where a file announces up to a twentieth more than it gives, the last picture stays; for more it is damaged."""
    import dataclasses

    file = write_clip(tmp_path / "clip.avi", 40)
    real = video_index.indexed(file)
    for announced, fine in ((42, True), (60, False)):
        monkeypatch.setattr(video_index, "indexed", lambda _, n=announced: dataclasses.replace(real, frames=n))
        with decoder().open(file) as reel:
            if fine:
                assert numbers(reel.fetch([39, announced - 1])) == [39, 39]
                continue
            with pytest.raises(DataError, match="it breaks off after 40 of 60 frames"):
                reel.fetch([59])


def test_decord_is_named_where_it_is_absent(monkeypatch):
    monkeypatch.setattr("streamsim.environments.video.decord.is_there", lambda: False)
    with pytest.raises(ConfigurationError, match="take PyAVDecoder"):
        DecordDecoder()


@pytest.mark.parametrize("there", [pytest.param(True, marks=needs_decord), False])
def test_whoever_does_not_mind_gets_decord_where_it_is(tmp_path, write_clip, monkeypatch, there):
    file = write_clip(tmp_path / "clip.avi", 12, codec="mpeg4", later=0)
    monkeypatch.setattr("streamsim.environments.video.decord.is_there", lambda: there)
    with AutomaticDecoder().open(file) as reel:
        assert type(reel).__name__ == ("_DecordReel" if there else "_PyAVReel")
        assert numbers(reel.fetch([0, 11])) == [0, 11]


@needs_decord
@pytest.mark.realdata
def test_ucf101_is_the_same_from_both(ucf101):
    """Every clip: the first two frames, the middle, the last, and some more, in random order."""
    draw = random.Random(0)
    files = sorted(ucf101.glob("UCF-101/*/*.avi"))
    assert len(files) == 66
    for file in files:
        with PyAVDecoder().open(file) as one, DecordDecoder().open(file) as other:
            assert one.frames == other.frames
            last = one.frames - 1
            order = [0, 1, last // 2, last, *draw.sample(range(last), 4)]
            draw.shuffle(order)
            near = [[j for j in (i - 1, i, i + 1) if 0 <= j <= last] for i in order]
            mine = one.fetch([j for js in near for j in js]).split([len(js) for js in near])
            theirs = other.fetch(order)
        for i, js, pictures, picture in zip(order, near, mine, theirs, strict=True):
            distance = (pictures.short() - picture.short()).abs().float().mean((1, 2, 3))
            same = (pictures == pictures[js.index(i)]).flatten(1).all(1)  # a camera may stand still
            assert distance[js.index(i)] < 1, (file, i)
            assert torch.equal(distance == distance.min(), same), (file, i)


@both
@pytest.mark.realdata
def test_opening_clips_takes_no_memory(ucf101, decoder):
    """benchmarks/video.py opens 2,000."""
    import psutil

    files = sorted(ucf101.glob("UCF-101/*/*.avi"))[:20]
    resident = []
    for _ in range(4):
        for file in files:
            with decoder().open(file) as reel:
                reel.fetch([0, 30])
        resident.append(psutil.Process().memory_info().rss)
    assert resident[-1] - resident[0] < 32 * 2**20  # a clip is 20 MiB, decoded
