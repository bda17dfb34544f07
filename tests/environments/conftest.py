"""Pictures and clips for the tests of worlds: tiny ones that tests make, and real ones where they are at hand."""

import os
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from streamsim.environments.pictures.sources import Source, resident

DATA = Path(os.environ.get("STREAMSIM_DATA", Path(__file__).parents[3] / "shared" / "data"))


class ToySource(Source):
    """Pictures given as a tensor; the probe's are the same."""

    def __init__(self, pixels, labels, classes):
        self._pictures, self._classes, self._shape = resident(pixels, labels), classes, tuple(pixels.shape[1:])

    @property
    def shape(self):
        return self._shape

    @property
    def classes(self):
        return self._classes

    def learning(self):
        return self._pictures

    def probe(self, split):
        return self._pictures


@pytest.fixture(scope="session")
def toy_source():
    """Make a source of random pictures, or of given ones."""

    def make(count=12, shape=(3, 12, 12), pixels=None):
        if pixels is None:
            generator = torch.Generator().manual_seed(0)
            pixels = torch.randint(256, (count, *shape), generator=generator, dtype=torch.uint8)
        return ToySource(pixels, torch.arange(len(pixels)) % 3, ("a", "b", "c"))

    return make


def write_stl10(folder, pictures):
    """Write pictures (channels, height, width) by split in STL-10's layout; labels count 1, 2, 1, 2, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "class_names.txt").write_text("cat\ndog\n")
    for split, pixels in pictures.items():
        (folder / f"{split}_X.bin").write_bytes(np.ascontiguousarray(pixels.transpose(0, 1, 3, 2)).tobytes())
        if split != "unlabeled":
            (folder / f"{split}_y.bin").write_bytes(bytes(i % 2 + 1 for i in range(len(pixels))))
    return folder


@pytest.fixture
def stl10_folder(tmp_path):
    """Write four unlabelled, three training and two test pictures; pixel (y, x) of channel c of the n-th is known."""
    c, y, x = np.ogrid[:3, :96, :96]
    picture = (c * 50 + y + 0 * x).astype(np.uint8), (x + 0 * y + c).astype(np.uint8)
    pictures = np.stack([*picture, picture[0] + 7, picture[1] + 9])
    return write_stl10(tmp_path / "stl10", {"unlabeled": pictures, "train": pictures[:3], "test": pictures[2:]})


@pytest.fixture
def write_picture():
    """Write a grey picture whose pixels all have one value."""

    def write(file, value, size=(8, 8)):
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full(size, value, dtype=np.uint8)).save(file)

    return write


@pytest.fixture
def nothing_waits():
    """Interrupt what waits for more than ten seconds, as whoever opens a pipe would."""

    def interrupt(*_):
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def write_sound():
    """Write a recording of 10 ms ticks: all samples of tick t have the value *first* + t, in steps of 1 / 32768."""

    def write(file, ticks, first=0, rate=16000, channels=1, rest=0):
        samples = np.repeat(np.arange(first, first + ticks + 1), rate // 100)[: ticks * rate // 100 + rest]
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, np.stack([samples.astype(np.int16)] * channels, 1), rate, subtype="PCM_16")
        return file

    return write


@pytest.fixture(scope="session")
def recordings():
    """Return the folder of real recordings of the given name; skip where it is absent."""

    def folder(name):
        if not (DATA / name).is_dir():
            pytest.skip(f"no {name} at {DATA}")
        return str(DATA / name)

    return folder


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """Return the folder of a real data set, unpacked as far as a test needs it; skip where it is absent."""

    def unpack(name, wanted):
        if not (DATA / f"{name}.zip").is_file():
            pytest.skip(f"no {name} at {DATA}")
        target = tmp_path_factory.mktemp(name)
        with zipfile.ZipFile(DATA / f"{name}.zip") as archive:
            archive.extractall(target, [n for n in archive.namelist() if wanted(n)])
        return target

    return unpack


@pytest.fixture(scope="session")
def cifar10(real):
    """Return some 900 pictures of CIFAR-10."""
    return real("cifar10", lambda name: name.endswith(("04.webp", "17.webp", "71.webp", "58.webp")))


@pytest.fixture(scope="session")
def coil20(real):
    """Return five objects of COIL-20."""
    return real("coil20", lambda name: name < "object06")


@pytest.fixture(scope="session")
def photographs(real):
    """Return some photographs in STL-10's layout."""
    folder = real("photos96", lambda name: name.endswith("3.webp"))
    pictures = {}
    for split in ("train", "test", "unlabeled"):
        files = sorted((folder / split).rglob("*.webp"))[:200]
        pictures[split] = np.stack([np.asarray(Image.open(f).convert("RGB")).transpose(2, 0, 1) for f in files])
    return write_stl10(folder / "stl10_binary", pictures)


@pytest.fixture(scope="session")
def write_clip():
    """Write a grey clip: frame i is 4 (i mod 50) + 20 on the right, 40 (i div 50) + 20 top left, *mark* bottom left."""

    def write(file, count, mark=100, codec="mpeg4", later=0, size=(48, 64), gop=10):
        import av

        file.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(file), "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            context = stream.codec_context
            context.gop_size, context.bit_rate = gop, 2_000_000
            if later:  # frames that are predicted from later ones
                context.max_b_frames = later
            for i in range(count):
                pixels = np.full((*size, 3), 4 * (i % 50) + 20, dtype=np.uint8)
                pixels[:, : size[1] // 2] = mark
                pixels[: size[0] // 2, : size[1] // 2] = 40 * (i // 50) + 20
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            container.mux(stream.encode())
        return file

    return write


@pytest.fixture(scope="session")
def ucf101():
    """Return the folder of the 66 clips of UCF-101; skip where it is absent."""
    if not (DATA / "ucf101").is_dir():
        pytest.skip(f"no ucf101 at {DATA}")
    return DATA / "ucf101"
