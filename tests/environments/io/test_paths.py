"""Data roots one level too high or too low."""

import pytest
from PIL import Image

from streamsim.contracts import ConfigurationError, DataError, UntrustedError, imports_limited
from streamsim.environments.io import nearby
from streamsim.environments.pictures import CIFAR10, CIFAR100, EMNIST, MNIST, FolderSource, STL10Source
from streamsim.environments.speech import LibriSpeechCorpus, SpeechFolder
from streamsim.environments.still import Turntable
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


DATA_SETS = {
    "FolderSource.root": FolderSource,
    "Turntable.root": Turntable,
    "STL10.root": STL10Source,
    "SpeechFolder.root": SpeechFolder,
    "LibriSpeech.root": LibriSpeechCorpus,
    "ClipFolder.root": ClipFolder,
    "UCF101.root": UCF101Clips,
    **{f"{kind.__name__}.root": kind for kind in (CIFAR10, CIFAR100, EMNIST, MNIST)},
}


@pytest.mark.parametrize(("argument", "build"), DATA_SETS.items(), ids=DATA_SETS)
def test_roots_that_name_no_folder(argument, build):
    with pytest.raises(ConfigurationError, match=rf"^{argument} is empty: give the folder .* \(\. is the current"):
        build("")
    with pytest.raises(DataError, match=rf"^{argument}: there is no user whose home is '~nosuch'"):
        build("~nosuch/x")
    with pytest.raises(DataError, match=r"cannot be read .*File name too long"):
        build("n" * 300)
    with pytest.raises(DataError, match=r"there is no folder|cannot be read"):
        build("x\0y")


@pytest.mark.parametrize("download", [STL10Source, LibriSpeechCorpus, MNIST])
def test_nothing_is_fetched_into_a_root_that_names_no_folder(download):
    with pytest.raises(ConfigurationError, match=r"root is empty"):
        download("", download=True)
    with pytest.raises(DataError, match=r"there is no user whose home is '~nosuch'"):
        download("~nosuch/x", download=True)


def test_an_empty_name_of_annotations(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(ConfigurationError, match=r"^SpeechFolder.annotations is empty"):
        SpeechFolder(str(tmp_path), annotations="")
    speech(tmp_path)
    with pytest.raises(ConfigurationError, match=r"^LibriSpeech.annotations is empty"):
        LibriSpeechCorpus(str(tmp_path), "dev-clean", annotations="")


def test_home_is_found(tmp_path, monkeypatch):
    (tmp_path / "a.wav").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert SpeechFolder("~").annotations == tmp_path


@pytest.mark.parametrize("download", [STL10Source, LibriSpeechCorpus, MNIST])
def test_nothing_is_fetched_for_a_run_of_somebody_else(tmp_path, download):
    with imports_limited((), tmp_path), pytest.raises(UntrustedError, match=r"wants to fetch .*--trust to allow it$"):
        download(str(tmp_path / "new"), download=True)
    assert not (tmp_path / "new").exists()
