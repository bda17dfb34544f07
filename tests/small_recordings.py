"""Small recordings in the official layouts of the data sets that presets learn from, written in milliseconds."""

import pickle

import av
import numpy as np
import soundfile

RATE, FRAMES = 16_000, 45


def write_cifar(root):
    """Write twelve pictures of CIFAR-100 to learn from; return the folder."""
    folder = root / "cifar-100-python"
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(256, size=(12, 3072), dtype=np.uint8)
    for name in ("train", "test"):
        (folder / name).write_bytes(pickle.dumps({"data": pixels, "fine_labels": [i % 3 for i in range(12)]}))
    (folder / "meta").write_bytes(pickle.dumps({"fine_label_names": ["apple", "bear", "bee"]}))
    return root


def write_stl10(root):
    """Write eight pictures of STL-10 for each split; return the folder."""
    root.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(256, size=(8, 3, 96, 96), dtype=np.uint8)
    (root / "class_names.txt").write_text("cat\ndog\n")
    for split in ("unlabeled", "train", "test"):
        (root / f"{split}_X.bin").write_bytes(pixels.tobytes())
        (root / f"{split}_y.bin").write_bytes(bytes([1, 2] * 4))
    return root


def write_ucf101(root):
    """Write four clips of UCF-101, the last of each class for the test; return the folder."""
    clips = [f"{name}/v_{name}_g0{group}_c01.avi" for name in ("Archery", "YoYo") for group in (8, 1)]
    for clip in clips:
        _write_clip(root / "UCF-101" / clip)
    lists = root / "ucfTrainTestlist"
    lists.mkdir()
    (lists / "classInd.txt").write_text("1 Archery\n2 YoYo\n")
    (lists / "trainlist01.txt").write_text("".join(f"{clip} {i + 1}\n" for i, clip in enumerate(clips[::2])))
    (lists / "testlist01.txt").write_text("".join(f"{clip}\n" for clip in clips[1::2]))
    return root


def write_librispeech(root):
    """Write six utterances of three speakers, 0.2 seconds each, as LibriSpeech's train-clean-100; return the folder."""
    _write_utterances(root / "LibriSpeech" / "train-clean-100")
    return root


def write_aligned(root):
    """Write the same utterances with the phone of every 10 ms; return the folder."""
    files = _write_utterances(root)
    lines = [f"{file.stem} {' '.join(str(t % 3) for t in range(20))}\n" for file in files]
    (root / "converted_aligned_phones.txt").write_text("".join(lines))
    return root


def _write_utterances(folder):
    noise = np.random.default_rng(0)
    files = [folder / f"{n}" / "1" / f"{n}-1-000{i}.flac" for n in range(3) for i in range(2)]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, noise.uniform(-0.5, 0.5, RATE // 5), RATE, subtype="PCM_16")
    return files


def _write_clip(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(FRAMES):
            pixels = np.full((48, 64, 3), 5 * i, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
