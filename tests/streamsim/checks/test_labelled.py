"""Labelled recordings and baselines keep what is promised of them, and each way of breaking it is noticed."""

import pytest
import torch

from streamsim import Labelled, Sequences, Split, Stretch
from streamsim.checks.contract import ContractError
from streamsim.checks.environment_trial import EnvironmentHarness
from streamsim.checks.labelled import labelled_data_stay_the_same

from ..toys import CountingWorld, Melodies


class Altered(Melodies):
    """Melodies whose stretches are altered."""

    def alter(self, stretch, chosen):
        return stretch

    def labelled(self, split):
        sound = super().labelled(split)
        return Sequences(sound.count, lambda chosen: self.alter(sound.fetch(chosen), chosen), sound.pooled)


class NoRecordings(Melodies):
    def labelled(self, split):
        return Sequences(0, lambda chosen: None, False)


class ChangesItsMind(Melodies):
    def labelled(self, split):
        self.count -= 1
        return super().labelled(split)


class ChangesItsKind(Melodies):
    calls = 0

    def labelled(self, split):
        self.calls += 1
        return super().labelled(split) if self.calls % 2 else Labelled(torch.zeros(1).long(), lambda chosen: chosen)


class TooLoud(Altered):
    def alter(self, stretch, chosen):
        return Stretch(2 * stretch.frames, stretch.labels)


class SmallLabels(Altered):
    def alter(self, stretch, chosen):
        return Stretch(stretch.frames, stretch.labels.int())


class StrangeLabels(Altered):
    def alter(self, stretch, chosen):
        return Stretch(stretch.frames, stretch.labels + 2)


class Noisy(Altered):
    draws = torch.Generator()

    def alter(self, stretch, chosen):
        return Stretch(stretch.frames * torch.rand((), generator=self.draws), stretch.labels)


class MindsItsNeighbours(Altered):
    def alter(self, stretch, chosen):
        return Stretch(stretch.frames / len(chosen), stretch.labels)


class LabelsSilence(Altered):
    def alter(self, stretch, chosen):
        return Stretch(stretch.frames, torch.where(stretch.labels < 0, 0, stretch.labels))


class TwoSpeakers(Melodies):
    def labelled(self, split):
        return Sequences(self.count, Melodies().labelled(split).fetch, True)


class BaselineWithoutTicks(Melodies):
    @property
    def baselines(self):
        return {"mean": lambda frames: frames.mean(1)}


class BaselineOfNothing(CountingWorld):
    @property
    def baselines(self):
        return {"logarithm": lambda frames: (0 * frames).log()}


BROKEN = [
    (NoRecordings, r"labelled\(train\) has no recordings: raise DataError"),
    (ChangesItsMind, "count or pooled changed from call to call"),
    (ChangesItsKind, "another kind of examples at a second call"),
    (TooLoud, r"must lie within the sensor's range, -1.0 to 1.0 \(got"),
    (SmallLabels, r"must return labels as \(3, ticks\) int64 \(got \(3, 5\) torch.int32\)"),
    (StrangeLabels, r"labels from -1 \(unknown\) to 2"),
    (Noisy, "other recordings at a second call"),
    (MindsItsNeighbours, "a recording as it is by itself, whatever is beside it"),
    (LabelsSilence, "then 0 and labels of -1"),
    (TwoSpeakers, "gave a recording two labels"),
    (BaselineWithoutTicks, r"baselines\['mean'\] must return finite features for every example and tick, \(2, 4\)"),
    (BaselineOfNothing, r"baselines\['logarithm'\] must return finite features"),
]


@pytest.mark.parametrize("world", [Melodies(), Melodies(pooled=True), Altered(), CountingWorld()])
def test_sound_worlds_pass(world):
    labelled_data_stay_the_same(EnvironmentHarness(world, 2, 10))


@pytest.mark.parametrize(("world", "message"), BROKEN, ids=[world.__name__ for world, _ in BROKEN])
def test_a_broken_promise_is_noticed(world, message):
    with pytest.raises(ContractError, match=message):
        labelled_data_stay_the_same(EnvironmentHarness(world(), 2, 10))


def test_both_halves_are_looked_at():
    class HalfBroken(Melodies):
        def labelled(self, split):
            return super().labelled(split) if split is Split.TRAIN else NoRecordings().labelled(split)

    with pytest.raises(ContractError, match=r"labelled\(test\) has no recordings"):
        labelled_data_stay_the_same(EnvironmentHarness(HalfBroken(), 2, 10))
