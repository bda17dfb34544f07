import numpy as np
import pytest
import torch
from PIL import Image

from streamsim.contracts.errors import ConfigurationError, DataError
from streamsim.contracts.labelled import Split
from streamsim.environments.pictures.folder import Decoder, FolderSource, decode, image_files


def values(pictures):
    return pictures.fetch(torch.arange(len(pictures)))[:, 0, 0, 0].tolist()


def test_train_and_test_folders(tmp_path, write_picture):
    for split, start in (("train", 0), ("test", 100)):
        for i, name in enumerate(("cat", "dog")):
            for j in range(2):
                write_picture(tmp_path / split / name / f"{j}.png", start + 10 * i + j)
    source = FolderSource(str(tmp_path), size=8, colour=False)
    assert source.classes == ("cat", "dog") and source.shape == (1, 8, 8)
    assert values(source.learning()) == [0, 1, 10, 11] == values(source.probe(Split.TRAIN))
    assert values(source.probe(Split.TEST)) == [100, 101, 110, 111]
    assert source.probe(Split.TEST).labels.tolist() == [0, 0, 1, 1]


def test_without_a_test_folder_every_fifth_is_held_out(tmp_path, write_picture):
    for i, name in enumerate(("cat", "dog")):
        for j in range(6):
            write_picture(tmp_path / name / f"{j}.png", 10 * i + j)
    source = FolderSource(str(tmp_path), size=8, colour=False)
    assert values(source.learning()) == [0, 1, 2, 3, 5, 10, 11, 12, 13, 15]
    assert values(source.probe(Split.TEST)) == [4, 14]


def test_unlabelled_pictures_are_learnt_from(tmp_path, write_picture):
    write_picture(tmp_path / "train" / "cat" / "a.png", 1)
    write_picture(tmp_path / "unlabeled" / "b.png", 2)
    write_picture(tmp_path / "unlabeled" / "c.png", 3)
    source = FolderSource(str(tmp_path), size=8, colour=False)
    assert values(source.learning()) == [2, 3]
    assert source.learning().labels.tolist() == [-1, -1]
    with pytest.raises(DataError, match="no labelled test pictures"):
        source.probe(Split.TEST)


def test_a_folder_without_class_folders_has_no_labels(tmp_path, write_picture):
    for i in range(3):
        write_picture(tmp_path / f"{i}.png", i)
    source = FolderSource(str(tmp_path), size=8)
    assert values(source.learning()) == [0, 1, 2] and source.learning().labels.tolist() == [-1] * 3
    with pytest.raises(DataError, match="no labelled train pictures"):
        source.probe(Split.TRAIN)


def test_colour_has_three_channels_and_other_files_are_passed_over(tmp_path, write_picture):
    write_picture(tmp_path / "cat" / "a.png", 7)
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    source = FolderSource(str(tmp_path), size=4)
    assert source.shape == (3, 4, 4) and len(source.learning()) == 1
    assert source.learning().fetch(torch.tensor([0])).unique().tolist() == [7]


def test_pictures_are_scaled_to_the_shorter_side_and_cropped(tmp_path):
    wide = np.zeros((10, 30), dtype=np.uint8)
    wide[:, 10:20] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert decode(tmp_path / "wide.png", (1, 10, 10)).unique().tolist() == [200]
    assert decode(tmp_path / "wide.png", (1, 5, 5)).shape == (1, 5, 5)


def test_a_damaged_picture_is_named(tmp_path, write_picture):
    write_picture(tmp_path / "cat" / "good.png", 7)
    (tmp_path / "cat" / "bad.png").write_bytes((tmp_path / "cat" / "good.png").read_bytes()[:40])
    pictures = FolderSource(str(tmp_path)).learning()
    with pytest.raises(DataError, match=r"cat/bad.png is not a readable picture .*: restore or remove it"):
        pictures.fetch(torch.tensor([0]))


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match="holds no pictures: expected image files in class folders"):
        FolderSource(str(tmp_path))


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match=r"FolderSource.root: there is no folder '.*nowhere'"):
        FolderSource(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(("arguments", "message"), [({"size": 0}, "at least 1 pixel"), ({"cache_mib": -1}, "negative")])
def test_settings_out_of_range(tmp_path, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        FolderSource(str(tmp_path), **arguments)


def test_numbers_in_names_count_as_numbers(tmp_path, write_picture):
    for name in ("view10.png", "view2.png", "a.png", "view1.png"):
        write_picture(tmp_path / name, 0)
    assert [file.name for file in image_files(tmp_path)] == ["a.png", "view1.png", "view2.png", "view10.png"]


def test_the_cache_forgets_what_was_unused_longest(tmp_path, write_picture):
    files = [tmp_path / f"{i}.png" for i in range(3)]
    for i, file in enumerate(files):
        write_picture(file, i)
    decoder = Decoder((1, 8, 8), cache_mib=2 * 64 / 2**20)  # room for two pictures
    pictures = decoder.pictures(files, [0, 0, 0])
    for i in (0, 1, 0, 2):
        assert pictures.fetch(torch.tensor([i])).unique().tolist() == [i]
    for file in files:
        file.unlink()
    assert [pictures.fetch(torch.tensor([i])).unique().tolist() for i in (0, 2)] == [[0], [2]]
    with pytest.raises(DataError, match=r"1.png is not a readable picture"):
        pictures.fetch(torch.tensor([1]))


def test_without_a_cache_every_picture_is_read_again(tmp_path, write_picture):
    write_picture(tmp_path / "a.png", 5)
    pictures = Decoder((1, 8, 8), cache_mib=0).pictures([tmp_path / "a.png"], [0])
    assert pictures.fetch(torch.tensor([0])).unique().tolist() == [5]
    write_picture(tmp_path / "a.png", 6)
    assert pictures.fetch(torch.tensor([0])).unique().tolist() == [6]


@pytest.mark.realdata
def test_cifar10(cifar10):
    source = FolderSource(str(cifar10))
    assert source.classes[:3] == ("airplane", "automobile", "bird") and len(source.classes) == 10
    assert source.learning().fetch(torch.arange(50)).float().std() > 40
    assert len(source.probe(Split.TEST)) > 100
