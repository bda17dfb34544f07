"""Speech: utterances of many speakers, 10 ms at a tick."""

import math
from collections.abc import Mapping
from fractions import Fraction

import torch
from jaxtyping import Bool, Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from streamsim.contracts import (
    Baseline,
    DataError,
    Environment,
    OnDamaged,
    Scene,
    Sensor,
    Sequences,
    Split,
    State,
    Stretch,
    generator_from,
    generator_state,
    require,
)

from .audio import RATE, TICK
from .choice import Choice
from .corpus import Corpus
from .labels import SpeechLabels
from .mfcc import mfcc
from .phones import PhonesOrSpeakers
from .splits import divided
from .stream_buffer import DecodedUtterance, Reader, StreamBuffer

_DICE = 2**62  # so large that a remainder is as good as uniform


class Speech(Environment):
    """Utterances at 16 kHz, 160 samples at a tick. An utterance is a fixation; a saccade turns to another speaker.

    An utterance ends with its last whole tick. A gaze may turn away earlier. Streams hear the training split only:
    `train_split.txt` where there are lists, otherwise all but every fifth utterance of a speaker. `Scene.object_id` is
    the number of the utterance.

    Args:
        corpus: the utterances.
        labels: what labels name; by default the phones if there is a file of them, otherwise the speakers.
        other_speaker: whether a saccade changes the speaker, where there are several, or takes any other utterance.
        random_start: whether a fixation begins at a random tick of the utterance instead of its first.
        gain: factor by which samples are multiplied, greater than 0; what then exceeds -1 to 1 is cut off.
        shortest: seconds that an utterance must last, at least 0.01; shorter ones count as damaged.
        cache_mib: how much memory decoded utterances may take beside those that streams hear, in MiB (an hour takes 110
            MiB); the longest unused ones go first.
        on_damaged: what to do with a recording that cannot be read or whose labels are absent or damaged.
    """

    def __init__(
        self,
        corpus: Corpus,
        labels: SpeechLabels = PhonesOrSpeakers(),
        other_speaker: bool = True,
        random_start: bool = False,
        gain: float = 1.0,
        shortest: float = 0.01,
        cache_mib: int = 512,
        on_damaged: OnDamaged = OnDamaged.REFUSE,
    ) -> None:
        require(gain > 0, f"Speech.gain must be greater than 0 (got {gain})")
        usable = TICK / RATE <= shortest < math.inf
        require(usable, f"Speech.shortest must be at least 0.01 seconds, a tick (got {shortest}), and finite")
        require(cache_mib >= 0, f"Speech.cache_mib must not be negative (got {cache_mib})")
        self._corpus, self._splits = corpus, divided(corpus)
        self._track = labels.read(corpus)
        learnt = self._splits[Split.TRAIN]
        if len(learnt) < 2:
            raise DataError(f"there are {len(learnt)} utterances to learn from, but a saccade needs another: add some")
        if on_damaged is OnDamaged.REFUSE:  # what can be known before the run begins should not end it hours later
            for number in (*learnt, *self._splits[Split.TEST]):
                self._track.check(number)
        self._choice = Choice(corpus.utterances, learnt, other_speaker)
        self._reader = Reader(corpus, self._track, round(shortest * RATE / TICK), cache_mib)
        self._buffer = StreamBuffer(self._reader)
        self._passed: set[int] = set()  # by probes
        self._random_start, self._gain, self._on_damaged = random_start, gain, on_damaged

    @property
    def sensor(self) -> Sensor:
        """10 ms of sound, samples from -1 to 1."""
        return Sensor((1, TICK), -1.0, 1.0, Fraction(TICK, RATE), "audio")

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the phones, or of the speakers."""
        return self._track.classes

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """The samples themselves, and `mfcc`."""
        return {"waveform": lambda frames: frames.flatten(2), "MFCC": mfcc}

    def damaged(self, state: State) -> int:
        """Return how many utterances were passed over, by streams or, since the world was made, by probes."""
        return len({*state["damaged"].nonzero().flatten().tolist(), *self._passed})

    def transcript(self, object_id: int) -> str | None:
        """Return the words of the utterance with this `Scene.object_id`, None where there is no transcript."""
        return self._corpus.transcript(object_id)

    def reset(self, streams: int, seed: int, device: torch.device) -> State:
        """See `Environment.reset`."""
        generator = generator_from(generator_state(seed))
        return {
            "utterance": self._choice.any(torch.randint(_DICE, (streams,), generator=generator)),
            "tick": torch.zeros(streams, dtype=torch.int64),
            "damaged": torch.zeros(len(self._corpus.utterances), dtype=torch.bool),
            "random": generator.get_state(),
            "speaker": torch.zeros(1, device=device),  # says where frames go
        }

    def look(self, state: State, saccade: Bool[Tensor, " streams"]) -> tuple[State, Scene]:
        """See `Environment.look`."""
        generator = generator_from(state["random"])
        dice, place = torch.randint(_DICE, (2, len(saccade)), generator=generator)
        utterance, damaged = self._turn(state, saccade, dice)
        ticks = self._buffer.ticks()
        start = place % ticks if self._random_start else torch.zeros_like(ticks)
        tick = torch.where(saccade, start, state["tick"] + 1)
        samples, label = self._buffer.at(tick)
        frame = self._frame(samples).to(state["speaker"].device, non_blocking=True)
        after = {"utterance": utterance, "tick": tick, "damaged": damaged, "random": generator.get_state()}
        return {**state, **after}, Scene(frame, utterance, label.long(), tick == ticks - 1)

    def labelled(self, split: Split) -> Sequences:
        """Return the utterances of *split*, each tick with its phone or all with their speaker."""
        mine = self._splits[split]
        if not mine:
            raise DataError(f"there are no {split} utterances: add some, or list them in {split}_split.txt")
        if len(self.classes) < 2:
            speaker = ", ".join(map(repr, self.classes))
            raise DataError(f"all utterances are of the speaker {speaker} and have no phones: nothing to tell")

        def fetch(chosen: Int[Tensor, " chosen"]) -> Stretch:
            found = [self._probed(mine[i]) for i in chosen.tolist()]
            samples = pad_sequence([utterance.samples for utterance in found], batch_first=True)
            labels = pad_sequence([utterance.labels for utterance in found], batch_first=True, padding_value=-1)
            return Stretch(self._frame(samples), labels.long())

        return Sequences(len(mine), fetch, self._track.pooled)

    def _frame(self, samples: Tensor) -> Tensor:
        return samples.float().mul_(self._gain / 32768).clamp_(-1, 1).unsqueeze(-2)

    def _turn(self, state: State, saccade: Tensor, dice: Tensor) -> tuple[Tensor, Tensor]:
        """Return what streams hear after *saccade*, and which utterances are damaged."""
        utterance, damaged = state["utterance"], state["damaged"]
        read: dict[int, DecodedUtterance] = {}
        if saccade.any():
            current, utterance, damaged = utterance, utterance.clone(), damaged.clone()
            drawn = self._choice.another(current, dice).tolist()
            for stream in saccade.nonzero().squeeze(1).tolist():
                utterance[stream] = self._readable(current[stream], drawn[stream], dice[stream], damaged, read)
        self._buffer.load(utterance, read)
        return utterance, damaged

    def _readable(
        self, current: Tensor, drawn: int, dice: Tensor, damaged: Tensor, read: dict[int, DecodedUtterance]
    ) -> int:
        """Return *drawn*, or the first after it that can be read; note what cannot."""
        if self._try(drawn, damaged, read):
            return drawn
        for number in self._choice.rest(current, dice):
            if self._try(number, damaged, read):
                return number
        raise DataError(
            f"none of the utterances that may follow can be read, {int(damaged.sum())} are damaged: restore some"
        )

    def _try(self, number: int, damaged: Tensor, read: dict[int, DecodedUtterance]) -> bool:
        if damaged[number] or number in read:
            return not damaged[number]
        try:
            read[number] = self._reader.read(number)
        except DataError:
            if self._on_damaged is OnDamaged.REFUSE:
                raise
            damaged[number] = True
        return not damaged[number]

    def _probed(self, number: int) -> DecodedUtterance:
        try:
            return self._reader.read(number)
        except DataError:
            if self._on_damaged is OnDamaged.REFUSE:
                raise
            self._passed.add(number)
            return DecodedUtterance(torch.zeros(1, TICK, dtype=torch.int16), torch.full((1,), -1, dtype=torch.int16))
