import os
import pickle
import struct

import numpy as np
import pytest
import torch

from streamsim.contracts.errors import DataError
from streamsim.contracts.labelled import Split
from streamsim.environments.pictures.datasets import CIFAR10, CIFAR100, EMNIST, MNIST


def write_idx(folder, prefix, pictures):
    """Write pictures and labels 0, 1, 2, ... in MNIST's format."""
    folder.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">iiii", 2051, *pictures.shape)
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(header + pictures.tobytes())
    labels = bytes(range(len(pictures)))
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">ii", 2049, len(labels)) + labels)


@pytest.fixture
def strokes():
    """Three pictures of 28 x 28, each with one bright pixel in row 2, column 20."""
    pictures = np.zeros((3, 28, 28), dtype=np.uint8)
    pictures[:, 2, 20] = 200
    return pictures


def test_mnist(tmp_path, strokes):
    write_idx(tmp_path / "MNIST" / "raw", "train", strokes)
    write_idx(tmp_path / "MNIST" / "raw", "t10k", strokes[:2])
    source = MNIST(str(tmp_path))
    assert source.shape == (1, 28, 28) and len(source.classes) == 10
    assert source.learning().labels.tolist() == [0, 1, 2]
    assert len(source.probe(Split.TEST)) == 2
    assert source.learning().fetch(torch.tensor([1]))[0, 0, 2, 20] == 200


def test_emnist_is_turned_upright(tmp_path, strokes):
    for split in ("train", "test"):
        write_idx(tmp_path / "EMNIST" / "raw", f"emnist-letters-{split}", strokes)
    source = EMNIST(str(tmp_path))
    assert source.learning().fetch(torch.tensor([1]))[0, 0, 20, 2] == 200
    assert source.classes[1] == "a"


def write_cifar(folder, files, key):
    folder.mkdir()
    for name, count in files.items():
        rows = np.arange(count, dtype=np.uint8)[:, None].repeat(3072, 1)
        (folder / name).write_bytes(pickle.dumps({"data": rows, key: list(range(count))}))


@pytest.fixture
def _any_checksum(monkeypatch):
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)


@pytest.mark.usefixtures("_any_checksum")
def test_cifar10(tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    write_cifar(folder, {**{f"data_batch_{i}": 2 for i in range(1, 6)}, "test_batch": 3}, "labels")
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": ["airplane", "automobile", "bird"]}))
    source = CIFAR10(str(tmp_path))
    assert source.shape == (3, 32, 32) and source.classes == ("airplane", "automobile", "bird")
    assert source.learning().labels.tolist() == [0, 1] * 5
    assert source.probe(Split.TEST).fetch(torch.tensor([2])).unique().tolist() == [2]


@pytest.mark.usefixtures("_any_checksum")
def test_cifar100(tmp_path):
    folder = tmp_path / "cifar-100-python"
    write_cifar(folder, {"train": 4, "test": 2}, "fine_labels")
    (folder / "meta").write_bytes(pickle.dumps({"fine_label_names": ["apple", "bear", "bee", "bus"]}))
    source = CIFAR100(str(tmp_path))
    assert len(source.learning()) == 4 and source.classes[3] == "bus"


@pytest.mark.parametrize("kind", [CIFAR10, CIFAR100, EMNIST, MNIST])
def test_absent_data(tmp_path, kind):
    with pytest.raises(DataError, match=rf"{kind.__name__} cannot be read from .*: give its folder, or set download"):
        kind(str(tmp_path))


def test_truncated_data(tmp_path, strokes):
    for prefix in ("train", "t10k"):
        write_idx(tmp_path / "MNIST" / "raw", prefix, strokes)
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(DataError, match="MNIST cannot be read"):
        MNIST(str(tmp_path))


GARBAGE = {
    "no header": lambda content: b"",
    "half a header": lambda content: content[:6],
    "zeros": lambda content: bytes(len(content)),
    "ones": lambda content: b"\xff" * len(content),
    "words": lambda content: b"this is no data set" * 9,
    "other numbers": lambda content: content[:2] + b"\x0d" + content[3:],
    "other dimensions": lambda content: content[:3] + b"\x02" + content[4:],
    "too many": lambda content: content[:4] + b"\x7f" + content[5:],
    "none": lambda content: content[:4] + bytes(4),
}


@pytest.mark.parametrize("file", ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage(tmp_path, strokes, file, garbage):
    for prefix in ("train", "t10k"):
        write_idx(tmp_path / "MNIST" / "raw", prefix, strokes)
    damaged = tmp_path / "MNIST" / "raw" / file
    damaged.write_bytes(garbage(damaged.read_bytes()))
    with pytest.raises(DataError, match=r"^MNIST cannot be read from .* \(\S.*\): give its folder, or set download$"):
        MNIST(str(tmp_path))


def test_parts_that_do_not_fit_together(tmp_path, strokes):
    raw = tmp_path / "MNIST" / "raw"
    write_idx(raw, "train", strokes)
    write_idx(raw, "t10k", strokes[:, :20])
    with pytest.raises(DataError, match=r"its pictures have two shapes, 1 x 28 x 28 and 1 x 20 x 28"):
        MNIST(str(tmp_path))
    write_idx(raw, "t10k", strokes)
    labels = raw / "t10k-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1] + bytes([10]))
    with pytest.raises(DataError, match=r"it has labels 0 to 10 for 10 classes"):
        MNIST(str(tmp_path))
    labels.write_bytes(struct.pack(">ii", 2049, 2) + bytes(2))
    with pytest.raises(DataError, match=r"it has 2 labels for 3 pictures"):
        MNIST(str(tmp_path))


@pytest.mark.usefixtures("nothing_waits")
def test_a_pipe_among_the_files(tmp_path, strokes):
    for prefix in ("train", "t10k"):
        write_idx(tmp_path / "MNIST" / "raw", prefix, strokes)
    file = tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte"
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte: it is a named pipe, not a file"):
        MNIST(str(tmp_path))


@pytest.mark.usefixtures("_any_checksum")
def test_a_pickle_of_something_else(tmp_path):
    folder = tmp_path / "cifar-10-batches-py"
    write_cifar(folder, {**{f"data_batch_{i}": 2 for i in range(1, 6)}, "test_batch": 3}, "labels")
    (folder / "batches.meta").write_bytes(pickle.dumps(["no", "dictionary"]))
    with pytest.raises(DataError, match=r"CIFAR10 cannot be read from .*indices must be integers"):
        CIFAR10(str(tmp_path))


@pytest.mark.realdata
def test_real_digits():
    from ..conftest import DATA

    if not (DATA / "mnist").is_dir():
        pytest.skip(f"no mnist at {DATA}")
    source = MNIST(str(DATA / "mnist"))
    assert len(source.learning()) == 12_000 and len(source.probe(Split.TEST)) == 10_000
    assert torch.bincount(source.probe(Split.TEST).labels).tolist()[:3] == [980, 1135, 1032]
