"""Whatever lies where a file should lie ends in a sentence: nothing waits for a pipe, a device or a socket."""

import os
import socket
import tempfile
from pathlib import Path

import pytest
import torch

from streamsim.contracts import DataError, Split
from streamsim.environments.io import files_below, files_in, ordinary, subfolders, text_in
from streamsim.environments.pictures import FolderSource, STL10Source
from streamsim.environments.speech import LibriSpeechCorpus, PhonesOrSpeakers, SpeechFolder
from streamsim.environments.speech.audio import decode
from streamsim.environments.speech.splits import divided
from streamsim.environments.still import Turntable
from streamsim.environments.video import ClipFolder, PyAVDecoder

from ..conftest import write_stl10

pytestmark = pytest.mark.usefixtures("nothing_waits")


def pipe(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(file)


def listening(file):
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.bind(os.path.relpath(file))


def device(file):
    file.symlink_to("/dev/zero")


STRANGE = {"a named pipe": pipe, "a socket": listening, "a device": device, "a folder": Path.mkdir}


@pytest.mark.parametrize(("what", "make"), STRANGE.items(), ids=STRANGE)
def test_what_is_no_file_is_not_opened(tmp_path, monkeypatch, what, make):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "x")
    with pytest.raises(OSError, match=f"^it is {what}, not a file$"):
        ordinary(tmp_path / "x")
    with pytest.raises(DataError, match=rf"x is not readable as text in UTF-8 \(it is {what}, not a file\)"):
        text_in(tmp_path / "x")


def test_a_file_and_a_link_to_it_are_ordinary(tmp_path):
    (tmp_path / "x").write_text("words")
    (tmp_path / "y").symlink_to("x")
    assert text_in(ordinary(tmp_path / "y")) == "words"


@pytest.mark.parametrize("world", [FolderSource, Turntable])
def test_a_pipe_as_a_picture(tmp_path, write_picture, world):
    for name in ("cat", "dog"):
        write_picture(tmp_path / name / "1.png", 3)
    pipe(tmp_path / "cat" / "0.png")
    with pytest.raises(DataError, match=r"0\.png is not a readable picture \(it is a named pipe, not a file\)"):
        if world is FolderSource:
            FolderSource(str(tmp_path)).learning().fetch(torch.arange(2))
        else:
            Turntable(str(tmp_path), block=1).labelled(Split.TRAIN).fetch(torch.arange(2))


PIPE_AS_RECORDING = r"x.* is not a readable recording \(it is a named pipe, not a file\): restore it, or pass it over"


def test_a_pipe_as_a_sound(tmp_path, write_sound):
    pipe(tmp_path / "x.wav")
    write_sound(tmp_path / "y.wav", 3)
    assert [u.name for u in SpeechFolder(str(tmp_path)).utterances] == ["x", "y"]
    with pytest.raises(DataError, match=PIPE_AS_RECORDING):
        decode(tmp_path / "x.wav")


def test_a_pipe_as_a_clip(tmp_path):
    pipe(tmp_path / "cat" / "x.avi")
    assert ClipFolder(str(tmp_path)).learning()[0].file.name == "x.avi"
    with pytest.raises(DataError, match=PIPE_AS_RECORDING):
        PyAVDecoder().open(tmp_path / "cat" / "x.avi")


@pytest.mark.parametrize("name", ["train_split.txt", "converted_aligned_phones.txt", "x.txt"])
def test_a_pipe_as_words(tmp_path, write_sound, name):
    for sound in ("x", "y"):
        write_sound(tmp_path / f"{sound}.wav", 3)
    pipe(tmp_path / name)
    if name == "train_split.txt":
        (tmp_path / "test_split.txt").write_text("y")
    corpus = SpeechFolder(str(tmp_path))
    with pytest.raises(DataError, match=rf"{name} is not readable .*it is a named pipe, not a file"):
        {"train_split.txt": divided, "x.txt": lambda _: corpus.transcript(0)}.get(name, PhonesOrSpeakers().read)(corpus)


@pytest.mark.parametrize("name", ["class_names.txt", "train_X.bin", "test_y.bin", "unlabeled_X.bin"])
def test_a_pipe_among_binary_files(stl10_folder, name):
    (stl10_folder / name).unlink()
    pipe(stl10_folder / name)
    with pytest.raises(DataError, match=rf"{name} (is not readable|cannot be read).*it is a named pipe, not a file"):
        STL10Source(str(stl10_folder))


def test_names_with_raised_and_circled_digits(tmp_path):
    for name in ("b²", "b10", "b9", "①"):
        (tmp_path / name).mkdir()
    assert [p.name for p in subfolders(tmp_path)] == ["b9", "b10", "b²", "①"]


def test_folders_are_no_files_and_links_into_the_void_are_told(tmp_path):
    (tmp_path / "a.png").mkdir()
    (tmp_path / "b.PNG").touch()
    (tmp_path / "c.png").symlink_to("nowhere")
    assert [p.name for p in files_in(tmp_path, {".png"})] == ["b.PNG", "c.png"]
    assert [p.name for p in files_below(tmp_path, {".png"})] == ["b.PNG", "c.png"]


@pytest.fixture
def locked():
    """Return a folder with a folder in it that cannot be read; tests that run as root give their rights up."""
    with tempfile.TemporaryDirectory() as name:
        top, user = Path(name), os.geteuid()
        top.chmod(0o755)
        (top / "anna" / "1").mkdir(parents=True)
        (top / "anna").chmod(0)
        if user == 0:
            os.seteuid(65534)
        yield top
        os.seteuid(user)
        (top / "anna").chmod(0o755)


KINDS = {"pictures": FolderSource, "turntable": Turntable, "sounds": SpeechFolder, "clips": ClipFolder}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_folder_that_may_not_be_read(locked, kind):
    with pytest.raises(DataError, match=rf"^{locked}/anna cannot be read \(Permission denied\): see to its rights"):
        kind(str(locked))
    with pytest.raises(DataError, match=r"root: .*/anna/1 cannot be read \(Permission denied\): see to its rights"):
        kind(str(locked / "anna" / "1"))


def test_a_subset_that_may_not_be_read(locked):
    os.seteuid(os.getuid())
    speaker = locked / "LibriSpeech" / "dev-clean" / "84"
    speaker.mkdir(parents=True)
    speaker.chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    with pytest.raises(DataError, match=r"dev-clean/84 cannot be read \(Permission denied\)"):
        LibriSpeechCorpus(str(locked), "dev-clean")


@pytest.mark.parametrize("name", ["class_names.txt", "train_X.bin", "train_y.bin"])
def test_files_that_may_not_be_read(locked, name):
    os.seteuid(os.getuid())
    picture = torch.zeros(1, 3, 96, 96, dtype=torch.uint8).numpy()
    folder = write_stl10(locked / "stl10", dict.fromkeys(("train", "test", "unlabeled"), picture))
    (folder / name).chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    with pytest.raises(DataError, match=rf"{name} (is not readable|cannot be read).*Permission denied"):
        STL10Source(str(folder))
