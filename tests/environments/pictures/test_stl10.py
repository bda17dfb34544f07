import numpy as np
import pytest
import torch

from streamsim.contracts.errors import DataError
from streamsim.contracts.labelled import Split
from streamsim.environments.pictures.stl10 import STL10Source
from streamsim.environments.still.stl10 import STL10, STL10Frames

CPU = torch.device("cpu")


def test_channels_are_stored_column_by_column(stl10_folder):
    first, second = STL10Source(str(stl10_folder)).learning().fetch(torch.tensor([0, 1]))
    assert [int(first[c, y, x]) for c, y, x in ((0, 5, 9), (1, 5, 9), (2, 95, 0))] == [5, 55, 195]
    assert [int(second[c, y, x]) for c, y, x in ((0, 5, 9), (1, 5, 9), (2, 95, 0))] == [9, 10, 2]


def test_splits_and_labels(stl10_folder):
    source = STL10Source(str(stl10_folder))
    assert source.classes == ("cat", "dog") and source.shape == (3, 96, 96)
    assert source.learning().labels.tolist() == [-1] * 4
    assert source.probe(Split.TRAIN).labels.tolist() == [0, 1, 0]
    assert source.probe(Split.TEST).labels.tolist() == [0, 1]
    assert STL10Source(str(stl10_folder), split="train").learning().labels.tolist() == [0, 1, 0]


def test_the_folder_above_will_do(stl10_folder):
    stl10_folder.rename(stl10_folder.parent / "stl10_binary")
    assert len(STL10Source(str(stl10_folder.parent)).learning()) == 4


def test_the_patch_scan_is_that_of_clapp(stl10_folder):
    world = STL10(str(stl10_folder))
    assert world.sensor.shape == (1, 16, 16) and world.classes == ("cat", "dog")
    ends, state = torch.ones(7, dtype=torch.bool), world.reset(7, 0, CPU)
    for tick in range(14):
        state, scene = world.look(state, ends)
        ends = scene.ends
        assert ends.tolist() == [tick % 7 == 6] * 7
    assert world.labelled(Split.TRAIN).fetch(torch.tensor([0, 2])).shape == (2, 49, 1, 16, 16)


def test_the_centre_crop_starts_at_16(stl10_folder):
    """The first picture's rows are c * 50 + y: its grey value at row y is y + 50 (0.587 + 2 x 0.114) = y + 40.75."""
    patches = STL10(str(stl10_folder), split="train").labelled(Split.TRAIN).fetch(torch.tensor([0]))[0, :, 0]
    brightness = (patches * 0.2570 + 0.4120) * 255
    tops = brightness[:, 0, 0].reshape(7, 7)
    expected = torch.arange(16.0, 72, 8)[:, None].expand(7, 7) + 41
    assert torch.allclose(tops, expected, atol=1e-3)


def test_whole_pictures(stl10_folder):
    world = STL10Frames(str(stl10_folder), crop=64, colour=False)
    _, scene = world.look(world.reset(2, 0, CPU), torch.ones(2, dtype=torch.bool))
    assert scene.frame.shape == (2, 1, 64, 64)
    coloured = STL10Frames(str(stl10_folder)).labelled(Split.TEST).fetch(torch.tensor([0]))
    assert coloured.shape == (1, 1, 3, 96, 96)


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match=r"there is no folder '.*nowhere'"):
        STL10(str(tmp_path / "nowhere"))


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match=r"there is no file '.*class_names.txt'.*download"):
        STL10(str(tmp_path))


def test_a_truncated_file(stl10_folder):
    file = stl10_folder / "unlabeled_X.bin"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DataError, match="has 110591 bytes, not a multiple of 27648"):
        STL10(str(stl10_folder))


def test_labels_for_other_pictures(stl10_folder):
    (stl10_folder / "train_y.bin").write_bytes(b"\1\2")
    with pytest.raises(DataError, match=r"train_y.bin has 2 labels for 3 pictures"):
        STL10(str(stl10_folder))


def test_labels_without_a_class(stl10_folder):
    (stl10_folder / "train_y.bin").write_bytes(b"\1\2\3")
    with pytest.raises(DataError, match=r"labels 1 to 3, but class_names.txt names 2 classes"):
        STL10(str(stl10_folder))


def test_no_unlabelled_pictures(stl10_folder):
    (stl10_folder / "unlabeled_X.bin").unlink()
    with pytest.raises(DataError, match="or learn from the split 'train'"):
        STL10(str(stl10_folder))
    assert len(STL10Source(str(stl10_folder), split="train").learning()) == 3


def test_a_download_that_fails(tmp_path, monkeypatch):
    import torchvision

    def refuse(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(torchvision.datasets, "STL10", refuse)
    with pytest.raises(DataError, match=r"could not be fetched into .*no route to host"):
        STL10(str(tmp_path), download=True)


def test_the_reader_agrees_with_torchvision(tmp_path, monkeypatch, stl10_folder):
    from torchvision.datasets import STL10 as Reference

    stl10_folder.rename(tmp_path / "stl10_binary")
    monkeypatch.setattr(Reference, "_check_integrity", lambda _: True)
    reference = Reference(str(tmp_path), split="test")
    ours = STL10Source(str(tmp_path)).probe(Split.TEST)
    assert np.array_equal(ours.fetch(torch.arange(2)).numpy(), reference.data)
    assert ours.labels.tolist() == reference.labels.tolist()


@pytest.mark.realdata
def test_photographs(photographs):
    world = STL10(str(photographs))
    ends, state = torch.ones(14, dtype=torch.bool), world.reset(14, 0, CPU)
    frames = []
    for _ in range(7):
        state, scene = world.look(state, ends)
        ends = scene.ends
        frames.append(scene.frame[:, 0])
    assert ends.all()
    swept = torch.stack(frames, 1)  # streams, rows
    assert torch.equal(swept[:, 1:, :8], swept[:, :-1, 8:])  # successive patches overlap by half
    assert swept.std() > 0.3  # photographs, not blanks
    neighbours = swept.reshape(2, 7, 7, 16, 16)
    right, left = neighbours[:, 1:, :, :, :8], neighbours[:, :-1, :, :, 8:]
    mirrored = neighbours[:, 1:, :, :, :8].equal(left)
    assert mirrored or torch.equal(right, left)
