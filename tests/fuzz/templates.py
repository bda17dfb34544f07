"""The sound folders that cases start from: small configurations, a run, pictures, sounds and clips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from .. import small_recordings

AGENT = """
agent:
  Learner:
    encoder: {SmallEncoder: {channels: [4, 4]}}
    rule: {CosineCLAPP: {}}
    contrasts: [{OwnMemory: {lags: [1, 2], balanced: true}}]
    calibration: {ticks: 1}
"""
RUN = """
streams: 2
ticks: 6
metrics_every: 2
probe_every: 3
checkpoint_every: 3
probes: {probes: [LinearProbe], n_train: 20, n_test: 10}
interventions: [{at: 0.02, set: {gaze.saccade_probability: 0.5}}, {at: 0.03, lesion: layer1.pred}]
"""
WORLD = (
    "environment: {Objects3D: {size: 8, train: 20, test: 10}}\ngaze: {BernoulliSaccades: {saccade_probability: 0.2}}"
)
PICTURES = "environment: {Deformations: {source: {FolderSource: {root: pictures, size: 16}}}}"
SOUNDS = "environment: {Speech: {corpus: {SpeechFolder: {root: sounds}}}}"
CLIPS = "environment: {UCF101: {root: clips, longest: 6, size: 16}}"
HEARING = """
agent:
  Learner:
    encoder: {CPCAudioEncoder: {channels: 4, recurrent: {units: 4, through_time: EProp}}}
    rule: {CLAPP: {homeostasis: {ticks: 10}}}
    contrasts: [{OwnMemory: {lags: [1, 2]}}]
    calibration: {ticks: 1}
"""


def write_tiny(folder: Path) -> None:
    """Write a configuration of the embedded world."""
    (folder / "tiny.yaml").write_text(WORLD + AGENT + RUN)


def write_pictures(folder: Path) -> None:
    """Write a configuration and pictures in several formats."""
    (folder / "tiny.yaml").write_text(PICTURES + AGENT + RUN)
    noise = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / "pictures" / name).mkdir(parents=True)
        for i, suffix in enumerate(("png", "jpg", "bmp", "tiff", "gif", "webp")):
            pixels = noise.integers(256, size=(20, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "pictures" / name / f"{i}.{suffix}")


def write_sounds(folder: Path) -> None:
    """Write a configuration and six utterances."""
    (folder / "tiny.yaml").write_text(SOUNDS + HEARING + RUN)
    small_recordings.write_aligned(folder / "sounds")


def write_clips(folder: Path) -> None:
    """Write a configuration and four clips."""
    (folder / "tiny.yaml").write_text(CLIPS + AGENT + RUN)
    small_recordings.write_ucf101(folder / "clips")


FOREIGN = ("r/notes.jsonl", "r/checkpoints/5/mine", "r/media/mine.txt")
"""Files in the folder of the run that are none of the run's, and of nobody else's business."""

WRITERS: dict[str, Callable[[Path], None]] = {
    "tiny": write_tiny,
    "run": write_tiny,
    "pictures": write_pictures,
    "sounds": write_sounds,
    "clips": write_clips,
}
"""What writes the files of each template; in "run" there is a run of it besides."""


def write(folder: Path, call: Callable[[Path, list[str]], int]) -> None:
    """Write every template below *folder*; *call* gives a command to `streamsim` in one of them."""
    for name, writer in WRITERS.items():
        place = folder / name
        (place / "outside").mkdir(parents=True)
        (place / "outside" / "mine.jsonl").write_text('{"my": 1}\n')
        writer(place)
    for line in (["run", "tiny.yaml", "--out", "r"], ["report", "r"]):
        if status := call(folder / "run", line):
            raise RuntimeError(f"streamsim {' '.join(line)} ended with {status} in a folder that is sound")
    for name in FOREIGN:
        (folder / "run" / name).parent.mkdir(exist_ok=True)
        (folder / "run" / name).write_text('{"my": 1}\n')
