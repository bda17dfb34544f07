import pytest

from streamsim.contracts.errors import DataError
from streamsim.contracts.labelled import Split
from streamsim.environments import Clip, ClipFolder


def write(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def test_every_fifth_clip_of_a_class_is_held_out(tmp_path):
    write(tmp_path / "jump", *(f"{i}.avi" for i in range(11)))
    write(tmp_path / "sit", "a.mp4", "b.MKV", "c.mov", "d.webm", "e.m4v", "notes.txt")
    write(tmp_path / "empty")
    write(tmp_path / ".hidden", "x.avi")
    clips = ClipFolder(str(tmp_path))
    assert clips.classes == ("jump", "sit")
    assert [c.file.stem for c in clips.learning()] == [*"0123567", "8", "10", *"abcd"]
    assert [c.label for c in clips.learning()] == [0] * 9 + [1] * 4
    assert clips.probe(Split.TRAIN) == clips.learning()
    test = (("jump", "4", 0), ("jump", "9", 0), ("sit", "e", 1))
    assert [(c.file.parent.name, c.file.stem, c.label) for c in clips.probe(Split.TEST)] == list(test)


def test_a_folder_without_class_folders_has_no_labels(tmp_path):
    write(tmp_path, "b.avi", "a.avi", "a.srt")
    clips = ClipFolder(str(tmp_path))
    assert clips.classes == () and clips.learning() == (Clip(tmp_path / "a.avi", -1), Clip(tmp_path / "b.avi", -1))
    with pytest.raises(DataError, match="holds no labelled train clips"):
        clips.probe(Split.TRAIN)


def test_too_few_to_hold_one_out(tmp_path):
    write(tmp_path / "jump", "1.avi", "2.avi")
    with pytest.raises(DataError, match="holds no labelled test clips: put them into class folders, at least 5 in"):
        ClipFolder(str(tmp_path)).probe(Split.TEST)


def test_no_clips(tmp_path):
    with pytest.raises(DataError, match="holds no clips: expected video files in class folders"):
        ClipFolder(str(tmp_path))


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match=r"ClipFolder.root: there is no folder '.*nowhere'"):
        ClipFolder(str(tmp_path / "nowhere"))
