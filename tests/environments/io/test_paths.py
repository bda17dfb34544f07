"""Data roots one level too high or too low."""

import pytest
from PIL import Image

from streamsim.config import entries
from streamsim.contracts import DataError
from streamsim.environments.io import nearby
from streamsim.environments.pictures import MNIST, FolderSource, STL10Source
from streamsim.environments.speech import LibriSpeechCorpus
from streamsim.environments.video import ClipFolder, UCF101Clips


def test_a_folder_below_comes_before_one_above(tmp_path):
    for name in ("a", "a/b10", "a/b9", "a/c"):
        (tmp_path / name).mkdir()
    a = tmp_path / "a"
    assert nearby(a, lambda folder: folder.name.startswith("b")) == f"; that is one level down: give {str(a / 'b9')!r}"
    assert nearby(a, lambda folder: folder == tmp_path) == f"; that is one level up: give {str(tmp_path)!r}"
    assert nearby(a, lambda folder: False) == ""


def test_the_folder_above_the_current_one(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert nearby(type(tmp_path)(), lambda folder: folder == tmp_path).endswith(f"give {str(tmp_path)!r}")


def ucf(top):
    (top / "UCF-101").mkdir(parents=True)
    (top / "ucfTrainTestlist").mkdir()


def stl(top):
    top.mkdir()
    (top / "class_names.txt").write_text("cat")
    (top / "fold").mkdir()


def speech(top):
    (top / "LibriSpeech" / "dev-clean").mkdir(parents=True)


def pictures(top):
    (top / "cat").mkdir(parents=True)
    Image.new("L", (2, 2)).save(top / "cat" / "1.png")
    (top / "empty").mkdir()


def clips(top):
    (top / "cat").mkdir(parents=True)
    (top / "cat" / "1.avi").write_text("")
    (top / "empty").mkdir()


ROOTS = {
    "ucf": (ucf, UCF101Clips, "UCF-101"),
    "stl": (stl, STL10Source, "fold"),
    "speech": (speech, lambda root: LibriSpeechCorpus(root, "dev-clean"), None),
    "pictures": (pictures, FolderSource, "empty"),
    "clips": (clips, ClipFolder, "empty"),
}


@pytest.mark.parametrize(("make", "build", "low"), ROOTS.values(), ids=ROOTS)
def test_what_lies_one_level_up_or_down_is_told(tmp_path, make, build, low):
    top = tmp_path / "top"
    make(top)
    with pytest.raises(DataError) as caught:
        build(str(tmp_path))
    assert str(caught.value).endswith(f"; that is one level down: give {str(top)!r}")
    if low is not None:
        with pytest.raises(DataError) as caught:
            build(str(top / low))
        assert str(caught.value).endswith(f"; that is one level up: give {str(top)!r}")


def test_a_subset_of_speech_in_place_of_its_root(tmp_path):
    speech(tmp_path)
    with pytest.raises(DataError, match=rf"one level up: give '{tmp_path}/LibriSpeech'$"):
        LibriSpeechCorpus(str(tmp_path / "LibriSpeech" / "dev-clean"), "dev-clean")


IMPOSSIBLE = {
    "": "'' names no folder: give its path, or . for the current folder",
    "~no-such-user/x": "no folder is called '~no-such-user/x' (Could not determine home directory.)",
    "x" * 300: f"no folder is called '{'x' * 80}' (File name too long)",
    "a/" * 5000: "(File name too long): check its path",
}


@pytest.mark.parametrize(("root", "sentence"), IMPOSSIBLE.items(), ids=["nothing", "nobody", "name", "path"])
@pytest.mark.parametrize("world", ["STL10", "LibriSpeech", "UCF101", "Turntable"])
def test_a_root_that_no_folder_can_have(root, sentence, world, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        entries("environments")[world].load()(root=root)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("make", [STL10Source, MNIST, LibriSpeechCorpus])
def test_nothing_is_fetched_into_a_folder_of_nobody(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="no folder is called"):
        make("~no-such-user/x", download=True)
    assert not list(tmp_path.iterdir())
