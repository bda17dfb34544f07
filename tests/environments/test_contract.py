"""Every built-in world keeps its contract."""

import pytest

from streamsim.checks.environment import check_environment
from streamsim.environments import (
    STL10,
    Deformations,
    FolderSource,
    Images,
    LibriSpeech,
    Objects3D,
    PatchScan,
    Phones,
    Speech,
    SpeechFolder,
    STL10Frames,
    Transfer,
    Turntable,
)


def make_stl10(request):
    return STL10(str(request.getfixturevalue("stl10_folder")), split="train")


def make_frames(request):
    return STL10Frames(str(request.getfixturevalue("stl10_folder")), split="train", crop=32, jitter=2)


def make_columns(request):
    source = request.getfixturevalue("toy_source")()
    return PatchScan(source, crop=8, patch=4, stride=2, parallel_columns=False, restart_scan=True)


def make_images(request):
    return Images(request.getfixturevalue("toy_source")(), jitter=1, colour=False)


def make_deformations(request):
    return Deformations(request.getfixturevalue("toy_source")(), deformed_test=True)


def make_transfer(request):
    source = request.getfixturevalue("toy_source")
    return Deformations(Transfer(source(5, (1, 8, 8)), source(6, (1, 8, 8))), independent=True)


def make_turntable(request):
    folder, write = request.getfixturevalue("tmp_path"), request.getfixturevalue("write_picture")
    for i in range(3):
        for view in range(6):
            write(folder / f"object{i}" / f"{view}.png", 50 * i + view)
    return Turntable(str(folder), size=8, speed=0.7, block=2)


@pytest.mark.parametrize(
    ("make", "streams"),
    [
        (make_stl10, 14),
        (make_frames, 3),
        (make_columns, 3),
        (make_images, 3),
        (make_deformations, 3),
        (make_transfer, 3),
        (make_turntable, 3),
    ],
)
def test_worlds_of_pictures(request, make, streams):
    check_environment(make(request), streams=streams, ticks=30)


def test_objects3d():
    check_environment(Objects3D(size=8, train=20, test=10), ticks=10)


@pytest.mark.parametrize("phones", [True, False])
@pytest.mark.parametrize("random_start", [True, False])
def test_speech(tmp_path, write_sound, phones, random_start):
    lines = []
    for n in range(11):
        write_sound(tmp_path / ["anna", "ben"][n % 2] / f"{n:02}.flac", n + 5, 100 * n)
        lines.append(f"{n:02}" + " 0 1" * ((n + 5) // 2) + "\n")
    if phones:
        (tmp_path / "converted_aligned_phones.txt").write_text("".join(lines))
    check_environment(Speech(SpeechFolder(str(tmp_path)), random_start=random_start), ticks=30)


@pytest.mark.realdata
def test_aligned_speech(recordings):
    check_environment(Speech(SpeechFolder(recordings("aligned_speech")), Phones()), ticks=100)


@pytest.mark.realdata
def test_librispeech(recordings):
    check_environment(LibriSpeech(recordings("librispeech"), "test-other"), ticks=100)


@pytest.mark.realdata
def test_cifar10(cifar10):
    check_environment(Deformations(FolderSource(str(cifar10))), ticks=20)


@pytest.mark.realdata
def test_coil20(coil20):
    check_environment(Turntable(str(coil20)), ticks=20)


@pytest.mark.realdata
def test_photographs(photographs):
    check_environment(STL10(str(photographs)), streams=7, ticks=20)
