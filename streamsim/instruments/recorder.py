"""A film strip, or sound track, of the stream: what a few streams showed at the start and at the end of a run."""

import io
import json
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, TypedDict
from zipfile import ZipFile

import numpy as np
import torch
from jaxtyping import Float, Int16, UInt8
from torch import Tensor

from streamsim.contracts import RunFolderError, Sensor, State, require, snapshot, transform
from streamsim.simulation import Instrument, Simulation, TickRecord
from streamsim.storage import Directory, fault, json_value

from .rows import find

AUDIO = "audio"

FIELDS = {"tick": "iu", "frame": "iu", "saccade": "b", "received": "b", "object_id": "iu", "label": "iu"}
"""What a film holds of each tick, and of which kind of numbers: whole ones, or flags."""

SHOWN = tuple(FIELDS)[1:]

LARGEST = 2**30
"""Bytes that a film may take in memory: a small file may unpack to more than there is."""

PERIODS, FASTEST = (1e-6, 1e6), 1_000_000
"""Seconds from frame to frame, at least and at most, and samples of a sound a second: others cannot be shown."""


class FilmFacts(TypedDict):
    """What is written beside a film."""

    classes: list[str]
    period: float
    modality: str
    shape: list[int]


@dataclass(frozen=True)
class Film:
    """Successive ticks of a few streams.

    Attributes:
        name: "first" or "last" ticks of the run.
        pathway: whose.
        tick: number of every frame, (ticks,).
        frame: whole numbers, from 0 for the sensor's low to 255 for its high, of sound from -32767 to 32767, (ticks,
            streams, *shape).
        saccade: where the gaze really moved before the frame, (ticks, streams).
        received: where the agent was told so, (ticks, streams).
        object_id: what was shown, (ticks, streams).
        label: its class, -1 where unknown, (ticks, streams).
        facts: classes, period in seconds, modality.
    """

    name: str
    pathway: str
    tick: np.ndarray
    frame: np.ndarray
    saccade: np.ndarray
    received: np.ndarray
    object_id: np.ndarray
    label: np.ndarray
    facts: dict[str, Any]


class Recorder(Instrument):
    """Keeps the first and the last frames of a few streams and writes them into the run folder when the run ends.

    Frames wait on the device in a ring of constant size; nothing is brought to the CPU before the end.

    Args:
        folder: the run folder; its `media` gets `film-<pathway>.npz` and `.json`. None keeps the film in memory only.
        frames: ticks at either end, at least 1.
        streams: how many streams, at least 1.
        pathway: name of the pathway, by default the first.
        sound: seconds at either end where the pathway hears, as far as that is more than *frames* ticks; at least 0.
    """

    def __init__(
        self,
        folder: Path | None = None,
        frames: int = 16,
        streams: int = 4,
        pathway: str | None = None,
        sound: float = 5.0,
    ) -> None:
        require(frames >= 1, f"Recorder.frames must be at least 1 tick (got {frames})")
        require(sound >= 0, f"Recorder.sound must be 0 seconds or more (got {sound})")
        require(streams >= 1, f"Recorder.streams must be at least 1 (got {streams})")
        self.folder = folder
        self.frames = frames
        self.streams = streams
        self.pathway = pathway
        self.sound = sound
        self._rings: State = {}

    def watch(self, record: TickRecord) -> None:
        """Keep the frame in the place of the oldest one."""
        if record.pathway is not find(record.simulation, self.pathway):
            return
        glimpse, truth = record.glimpse, record.truth
        shown = (glimpse.frame, truth.saccade, glimpse.saccade, truth.object_id, truth.label)
        if not self._rings:
            self._rings = {end: self._empty(shown, record.pathway.environment.sensor) for end in ("first", "last")}
        if self._rings["last"]["frame"].shape[1] > (seen := min(map(len, shown))):  # the run goes on in more processes
            self._rings = transform(lambda kept: kept[:, :seen].clone() if kept.dim() > 1 else kept, self._rings)
        ticks = len(self._rings["last"]["tick"])
        for ring in (self._rings["first"],) * (glimpse.tick < ticks) + (self._rings["last"],):
            slot = glimpse.tick % ticks
            ring["tick"].numpy()[slot] = glimpse.tick
            for name, value in zip(SHOWN, shown, strict=True):
                place(ring[name], slot, value)

    def stop(self, simulation: Simulation) -> None:
        """Write the film."""
        if self.folder is None or not self._rings:
            return
        pathway = find(simulation, self.pathway)
        sensor = pathway.environment.sensor
        facts = {
            "classes": list(pathway.environment.classes),
            "period": float(sensor.period),
            "modality": sensor.modality,
            "shape": list(sensor.shape),
        }
        write_film(Directory(self.folder).inside("media"), f"film-{pathway.name}", self.films(sensor), facts)

    def films(self, sensor: Sensor) -> dict[str, dict[str, np.ndarray]]:
        """Return both ends by name, each as arrays by field, in the order of time and without ticks not yet seen."""
        return {end: unrolled(ring, sensor) for end, ring in self._rings.items()}

    def state(self) -> State:
        """Return what must survive a checkpoint."""
        return snapshot(self._rings)

    def restore(self, state: State) -> None:
        """Continue from what `state` returned; raise an error if no recorder has such a state."""
        for end, field in product(("first", "last") if state else (), FIELDS):
            frames, found = state["last"]["frame"].shape, state[end][field].shape
            if 0 in (*frames, 0, 0)[:2] or found != {"tick": frames[:1], "frame": frames}.get(field, frames[:2]):
                raise ValueError(f"{end}.{field} of its film has shape {tuple(found)}, frames {tuple(frames)}")
        self._rings = snapshot(state)

    def _empty(self, record: Sequence[Tensor], sensor: Sensor) -> State:
        sounds = sensor.modality == AUDIO
        ticks = max(self.frames, round(self.sound / sensor.period)) if sounds else self.frames
        some = min(self.streams, *map(len, record))  # of a team's frames there are fewer
        rings = (value.new_zeros(ticks, some, *value.shape[1:]) for value in record)
        return {"tick": torch.full((ticks,), -1), **dict(zip(SHOWN, rings, strict=True))}


def place(ring: Float[Tensor, "ticks some *shape"], slot: int, value: Float[Tensor, " streams *shape"]) -> None:
    """Copy the first streams of *value* into one slot; on the CPU through numpy, several times faster for little."""
    if ring.device.type == "cpu":
        ring.numpy()[slot] = value.numpy()[: ring.shape[1]]
    else:
        ring[slot] = value[: ring.shape[1]]


def unrolled(ring: State, sensor: Sensor) -> dict[str, np.ndarray]:
    """Return the arrays of *ring* in the order of time, frames as whole numbers."""
    order = torch.argsort(ring["tick"], stable=True)
    order = order[ring["tick"][order] >= 0]
    arrays = {name: ring[name].cpu()[order] for name in FIELDS}
    whole = as_samples if sensor.modality == AUDIO else as_bytes
    return {name: (whole(x, sensor) if name == "frame" else x).numpy() for name, x in arrays.items()}


def as_bytes(frame: Float[Tensor, "*shape"], sensor: Sensor) -> UInt8[Tensor, "*shape"]:
    """Return frames with the sensor's range spread over 0 to 255."""
    share = (frame.float() - sensor.low) / (sensor.high - sensor.low)
    return share.clamp(0, 1).mul(255).round().to(torch.uint8)


def as_samples(frame: Float[Tensor, "*shape"], sensor: Sensor) -> Int16[Tensor, "*shape"]:
    """Return frames with the sensor's range spread over -32767 to 32767, for 8 bits would be heard as noise."""
    share = (frame.float() - sensor.low) / (sensor.high - sensor.low)
    return share.clamp(0, 1).mul(2).sub(1).mul(32767).round().to(torch.int16)


def write_film(media: Directory, name: str, films: dict[str, dict[str, np.ndarray]], facts: dict[str, Any]) -> None:
    """Write *films* beside *facts*; each file appears whole or not at all."""
    arrays: dict[str, Any] = {f"{end}_{name}": array for end, film in films.items() for name, array in film.items()}
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    media.make().replace(f"{name}.npz", file.getvalue())
    media.replace(f"{name}.json", (json.dumps(facts, indent=2) + "\n").encode())


def read_films(folder: Path) -> list[Film]:
    """Return the films of a run folder, none if nothing was recorded; warn of damaged ones and leave them out."""
    media = Directory(folder).inside("media")
    films: list[Film] = []
    try:
        names = [Path(name).stem for name in media.names() if name.startswith("film-") and name.endswith(".npz")]
    except RunFolderError as error:
        warnings.warn(f"{error}; all films are left out", stacklevel=2)
        return []
    for name in names:
        try:
            films += both_ends(media, name)
        except Exception as error:  # whatever numpy, zipfile and what unpacks for them make of a stranger's bytes
            path = media.path / f"{name}.npz"
            sentence = f"{path} or the .json beside it is damaged ({error}), so the film is left out: restore them"
            warnings.warn(sentence, stacklevel=2)
    return films


def both_ends(media: Directory, name: str) -> list[Film]:
    """Return the films in one file."""
    stored = json_value(media.read(f"{name}.json") or b"")
    facts = {fact: stored[fact] for fact in FilmFacts.__annotations__}
    file = io.BytesIO(media.read(f"{name}.npz") or b"")
    with ZipFile(file) as packed:
        if sum(part.file_size for part in packed.infolist()) > LARGEST:
            raise ValueError(f"it would take more than {LARGEST} bytes")
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return [
            Film(end, name.removeprefix("film-"), **{x: arrays[f"{end}_{x}"] for x in FIELDS}, facts=facts)
            for end in ("first", "last")
        ]


def fault_of(film: Film) -> str:
    """Return what shows that no run wrote a film: facts, numbers, shapes or a label without a class; or nothing."""
    if wrong := fault(film.facts, FilmFacts):
        return wrong
    period, classes, sounds = film.facts["period"], len(film.facts["classes"]), film.facts["modality"] == AUDIO
    fastest = math.prod(film.facts["shape"]) / FASTEST if sounds else 0
    if not max(PERIODS[0], fastest) <= period <= PERIODS[1]:
        return f"period is {period:g} seconds"
    ticks, streams = (*film.frame.shape, 0, 0)[:2]
    shapes = {"tick": (ticks,), "frame": (ticks, streams, *film.facts["shape"])}
    for name, kind in {**FIELDS, "frame": "i" if sounds else "u"}.items():
        array = getattr(film, name)
        wide = name == "frame" and array.dtype.itemsize != 1 + sounds
        if wide or array.dtype.kind not in kind or array.shape != shapes.get(name, (ticks, streams)):
            return f"{name} holds {array.dtype} of shape {array.shape}"
    return f"it names class {film.label.max()} of {classes}" if film.label.max(initial=-1) >= classes else ""
