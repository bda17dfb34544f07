"""Video: a clip in each fixation, one frame of a few at a tick."""

from collections.abc import Iterable

import torch
from jaxtyping import Bool
from torch import Tensor

from streamsim.contracts import (
    DataError,
    Environment,
    OnDamaged,
    Scene,
    Sensor,
    Sequences,
    Split,
    State,
    generator_from,
    generator_state,
    require,
    seconds,
)
from streamsim.environments.transforms import DRAWS, Augmentation, IllingAugmentation, Tinting

from .clip_buffer import ClipBuffer, requests
from .clips import Clips, at_least_two
from .cutter import ClipRequest, Cutter
from .decoder import VideoDecoder
from .decord import AutomaticDecoder
from .order import candidates, drawn
from .probe_clips import ProbeClips


class Video(Environment):
    """Clips at a third of their frame rate. A clip is a fixation; a saccade turns to another clip.

    A fixation ends with the last frame of the clip, or after *longest* frames. A gaze may turn away earlier. Streams
    see the clips of the training split only. `Scene.object_id` is the number of the clip. Which clip comes next, and
    which part of it, is drawn one saccade ahead, so that threads decode it in the meantime; what is shown never depends
    on them. Decoded clips take (streams + *ahead*) x *longest* x the size of a frame in memory: 43 MB for 8 streams of
    128 x 128 pixels in colour.

    Args:
        clips: the clips.
        size: height and width of a frame in pixels, at least 1.
        colour: whether frames have three channels (red, green, blue) or one (grey).
        augmentation: how clips are altered while they are learnt from; by default as in Illing et al. (2021).
        every: frames of the file from one frame to the next, at least 1.
        longest: how many frames a fixation lasts at most; None for whole clips.
        random_start: whether fixations on longer clips begin anywhere, instead of with the first frame.
        shortest: how many frames a clip must have after *every*, at least 1; shorter ones count as damaged.
        probe_longest: how many frames of a clip probes see at most; None for all.
        resolution: larger clips are brought to this shorter side by the decoder, in pixels, at least 1.
        decoder: opens the files; by default decord where it is there, otherwise PyAV.
        threads: how many threads decode ahead, at least 0; without any, a saccade waits for the decoder.
        ahead: how many clips are decoded ahead at most, at least 0.
        cache_mib: how much memory decoded clips of probes may take, in MiB; the longest unused ones go first.
        on_damaged: what to do with a clip that cannot be read or is too short.
        period: seconds from one frame to the next; 0.1 is every third frame of 30 a second.
    """

    def __init__(
        self,
        clips: Clips,
        size: int = 128,
        colour: bool = True,
        augmentation: Augmentation = IllingAugmentation(),
        every: int = 3,
        longest: int | None = 54,
        random_start: bool = False,
        shortest: int = 9,
        probe_longest: int | None = 72,
        resolution: int = 240,
        decoder: VideoDecoder = AutomaticDecoder(),
        threads: int = 1,
        ahead: int = 32,
        cache_mib: int = 256,
        on_damaged: OnDamaged = OnDamaged.REFUSE,
        period: float = 0.1,
    ) -> None:
        least = {"size": size, "every": every, "shortest": shortest, "resolution": resolution}
        for name, value in least.items():
            require(value >= 1, f"Video.{name} must be at least 1 (got {value})")
        for name, most in {"longest": longest, "probe_longest": probe_longest}.items():
            require(most is None or most >= 1, f"Video.{name} must be at least 1 frame, or none (got {most})")
        for name, value in {"threads": threads, "ahead": ahead, "cache_mib": cache_mib}.items():
            require(value >= 0, f"Video.{name} must not be negative (got {value})")
        require(period > 0, f"Video.period must be greater than 0 seconds (got {period})")
        self._clips, self._learning = clips, at_least_two(clips.learning(), "Video.clips")
        self._labels = torch.tensor([clip.label for clip in self._learning])
        self._augmentation = augmentation
        self._tinting = Tinting(self._augmentation)
        self._longest, self._random_start, self._on_damaged = longest, random_start, on_damaged
        self._cutter = Cutter(decoder, 3 if colour else 1, size, every, shortest, resolution)
        self._buffer = ClipBuffer(self._make, threads, ahead)
        self._probe_clips = ProbeClips(self._cutter, probe_longest, cache_mib, on_damaged)
        self._sensor = Sensor((self._cutter.channels, size, size), 0.0, 1.0, seconds(period))

    @property
    def sensor(self) -> Sensor:
        """Square pictures, values from 0 to 1."""
        return self._sensor

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the actions."""
        return self._clips.classes

    @property
    def teaches(self) -> bool:
        """See `Environment.teaches`: whether any clip that streams show has a label."""
        return bool((self._labels >= 0).any())

    def damaged(self, state: State) -> int:
        """Return how many clips were passed over, by streams or, since the world was made, by probes."""
        met = {self._learning[i].file for i in state["damaged"].nonzero().flatten().tolist()}
        return len(met | self._probe_clips.damaged)

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """See `Environment.reset`."""
        generator = generator_from(generator_state(seed))
        nothing = torch.full((streams,), -1)
        return {
            "now": {"clip": nothing, "draws": torch.zeros(streams, 1 + DRAWS, dtype=torch.float64)},
            "next": drawn(nothing, len(self._learning), 1 + DRAWS, generator),
            "tick": nothing,
            "tint": self._tinting.none(streams),
            "damaged": torch.zeros(len(self._learning), dtype=torch.bool),
            "random": generator.get_state(),
            "screen": torch.zeros(1, device=device),  # says where frames go
        }

    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """See `Environment.look`."""
        generator = generator_from(state["random"])
        fresh = drawn(state["next"]["clip"], len(self._learning), 1 + DRAWS, generator)
        tick = torch.where(saccade, 0, state["tick"] + 1)
        tint = self._tinting.draw(state["tint"], saccade, generator)
        now, damaged = self._turn(state, saccade)
        following = _where(saccade, fresh, state["next"])
        if not self._buffer.shows(now["clip"], now["draws"]):
            shown = self._buffer.load(now["clip"], now["draws"])
            coming = requests(following["clip"], following["draws"])
            self._buffer.look_ahead(shown, coming, self._buffer.frames - tick)
        clip, frames = now["clip"], self._buffer.frames
        pixels = self._buffer.at(tick).to(state["screen"].device, non_blocking=True)
        after = {"now": now, "next": following, "tick": tick, "tint": tint, "damaged": damaged}
        scene = Scene(self._tinting.frame(pixels, tint), clip, self._labels[clip], tick == frames - 1)
        return {**state, **after, "random": generator.get_state()}, scene

    def labelled(self, split: Split) -> Sequences:
        """Return the clips of *split* with their actions, the centre of the pictures, from the first frame on."""
        return self._probe_clips.of(self._clips.probe(split))

    def _make(self, request: ClipRequest) -> Tensor:
        start = request.start if self._random_start else 0.0
        file = self._learning[request.clip].file
        return self._cutter.cut(file, self._augmentation.framing, request.framing, start, self._longest)

    def _turn(self, state: State, saccade: Tensor) -> tuple[State, Tensor]:
        """Return what streams see after *saccade*, and which clips are damaged."""
        now, damaged = _where(saccade, state["next"], state["now"]), state["damaged"].clone()
        moved = saccade.nonzero().squeeze(1)
        coming = requests(now["clip"][moved], now["draws"][moved])
        self._buffer.prepare(coming)
        for stream, request in zip(moved.tolist(), coming, strict=True):
            current, dice = int(state["now"]["clip"][stream]), int(state["next"]["dice"][stream])
            order = candidates(request.clip, current, len(damaged), dice)
            now["clip"][stream] = self._readable(request, order, damaged)
        return now, damaged

    def _readable(self, request: ClipRequest, order: Iterable[int], damaged: Tensor) -> int:
        """Return the first clip of *order* that can be read; note which cannot."""
        for clip in order:
            if not damaged[clip] and self._try(request._replace(clip=clip), damaged):
                return clip
        raise DataError(
            f"none of the clips that may follow can be read, {int(damaged.sum())} are damaged: restore some"
        )

    def _try(self, request: ClipRequest, damaged: Tensor) -> bool:
        try:
            self._buffer.read(request)
        except DataError:
            if self._on_damaged is OnDamaged.REFUSE:
                raise
            damaged[request.clip] = True
            return False
        return True


def _where(saccade: Bool[Tensor, " streams"], fresh: State, held: State) -> State:
    """Return what is *held*, and where streams saccade what is *fresh*."""
    return {name: torch.where(saccade.view(-1, *[1] * (old.ndim - 1)), fresh[name], old) for name, old in held.items()}
