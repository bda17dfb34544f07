"""What a world promises of its labelled data, as a check."""

import torch
from torch import Tensor

from streamsim.contracts import DataError, Environment, Labelled, Sequences, Split, Stretch

from .contract import check_that, of_kind
from .environment_trial import EnvironmentHarness, close, fits


def labelled_data_stay_the_same(harness: EnvironmentHarness) -> None:
    """Check that labelled data are the same at every call, have the frames' form and labels that number the classes."""
    for split in Split:
        try:
            first, second = harness.environment.labelled(split), harness.environment.labelled(split)
        except DataError:  # a world without labels
            continue
        what = f"labelled({split})"
        check_that(
            isinstance(first, (Labelled, Sequences)),
            f"{what} must return Labelled or Sequences (got {type(first).__name__}), or raise DataError",
        )
        check_that(type(first) is type(second), f"{what} returned another kind of examples at a second call")
        if isinstance(first, Labelled) and isinstance(second, Labelled):
            _labelled(first, second, harness.environment, what)
        elif isinstance(first, Sequences) and isinstance(second, Sequences):
            _sequences(first, second, harness.environment, what)
        baselines_keep_ticks(first, harness.environment)


def baselines_keep_ticks(labelled: Labelled | Sequences, environment: Environment) -> None:
    """Check that every baseline has something finite to say of every tick, or part, of every example."""
    some = torch.arange(min(2, labelled.count if isinstance(labelled, Sequences) else len(labelled.labels)))
    found = labelled.fetch(some)
    frames = found.frames if isinstance(found, Stretch) else found
    for name, function in environment.baselines.items():
        features = of_kind(function(frames), Tensor, f"Environment.baselines[{name!r}] must return")
        check_that(
            features.ndim > 2 and features.shape[:2] == frames.shape[:2] and bool(features.isfinite().all()),
            f"Environment.baselines[{name!r}] must return finite features for every example and tick, "
            f"{tuple(frames.shape[:2])} (got {tuple(features.shape)})",
        )


def _labelled(first: Labelled, second: Labelled, environment: Environment, what: str) -> None:
    labels, most = of_kind(first.labels, Tensor, f"{what}.labels must be"), len(environment.classes) - 1
    check_that(labels.dtype is torch.int64 and labels.ndim == 1, f"{what}.labels must be one int64 an example")
    check_that(len(labels) > 0, f"{what} has no examples: raise DataError where there are none")
    check_that(0 <= int(labels.min()) <= int(labels.max()) <= most, f"{what}.labels must be 0 to {most}")
    check_that(torch.equal(labels, second.labels), f"{what}.labels changed from call to call")
    chosen = torch.linspace(0, len(labels) - 1, min(5, len(labels))).long()
    frames = of_kind(first.fetch(chosen), Tensor, f"{what}.fetch must return")
    check_that(frames.ndim > 1 and frames.shape[1] > 0, f"{what}.fetch must return (examples, parts, *frame)")
    fits(frames, (len(chosen), frames.shape[1], *environment.sensor.shape), environment.sensor, f"{what}.fetch")
    check_that(torch.equal(frames, second.fetch(chosen)), f"{what}.fetch returned other frames at a second call")
    backwards = first.fetch(chosen.flip(0)).flip(0)
    check_that(close(frames, backwards, environment.sensor), f"{what}.fetch must return frames in the order asked for")


def _sequences(first: Sequences, second: Sequences, environment: Environment, what: str) -> None:
    check_that(first.count > 0, f"{what} has no recordings: raise DataError where there are none")
    same = (first.count, first.pooled) == (second.count, second.pooled)
    check_that(same, f"{what}.count or pooled changed from call to call")
    chosen = torch.linspace(0, first.count - 1, min(3, first.count)).long()
    one, other, alone = first.fetch(chosen), second.fetch(chosen), first.fetch(chosen[:1])
    of_kind(one, Stretch, f"{what}.fetch must return")
    _stretch(one, len(chosen), first.pooled, environment, f"{what}.fetch")
    again = torch.equal(one.frames, other.frames) and torch.equal(one.labels, other.labels)
    check_that(again, f"{what}.fetch returned other recordings at a second call")
    ticks = alone.labels.shape[1]
    check_that(
        ticks <= one.labels.shape[1]
        and torch.equal(alone.labels[0], one.labels[0, :ticks])
        and bool((one.labels[0, ticks:] == -1).all())
        and close(alone.frames[0], one.frames[0, :ticks], environment.sensor),
        f"{what}.fetch must return a recording as it is by itself, whatever is beside it, then 0 and labels of -1",
    )


def _stretch(stretch: Stretch, count: int, pooled: bool, environment: Environment, what: str) -> None:
    labels, frames, most = stretch.labels, stretch.frames, len(environment.classes) - 1
    check_that(
        labels.dtype is torch.int64 and labels.ndim == 2 and len(labels) == count and labels.shape[1] > 0,
        f"{what} must return labels as ({count}, ticks) int64 (got {tuple(labels.shape)} {labels.dtype})",
    )
    low, high = int(labels.min()), int(labels.max())
    check_that(low >= -1 and high <= most, f"{what} must return labels from -1 (unknown) to {most}")
    fits(frames, (*labels.shape, *environment.sensor.shape), environment.sensor, what)
    for mine in labels if pooled else ():
        known = mine[mine >= 0]
        check_that(
            bool((known == known[:1]).all()), f"{what} gave a recording two labels: where pooled, it must have one"
        )
