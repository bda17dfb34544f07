"""A few ticks of a world, to be checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

from streamsim.contracts import Environment, Scene, Sensor, State

from .contract import check_that

CPU = torch.device("cpu")

_ROUNDING = 1e-4  # share of the sensor's range that a pixel may change by when it is computed in other company


class Step(NamedTuple):
    """One tick: the state after it, the saccades made, what they showed."""

    state: State
    saccade: Bool[Tensor, " streams"]
    scene: Scene


@dataclass(frozen=True)
class EnvironmentHarness:
    """What every check gets.

    Attributes:
        environment: the world.
        streams: how many streams to look with.
        ticks: how many ticks to look for.
    """

    environment: Environment
    streams: int
    ticks: int

    def schedule(self) -> list[Bool[Tensor, " streams"]]:
        """Return saccades for every tick: in every stream at the first, later a fifth at random."""
        chances = torch.rand(self.ticks, self.streams, generator=torch.Generator().manual_seed(0))
        chances[0] = 0
        return list((chances < 0.2).unbind(0))

    def start(self, seed: int = 0) -> State:
        """Return the state before the first look."""
        return self.environment.reset(self.streams, seed, CPU)

    def play(
        self, state: State, schedule: list[Tensor], ends: Tensor | None = None, share: slice | None = None
    ) -> Iterator[Step]:
        """Look tick by tick, or glance at a *share*; saccades are those scheduled and those that the world forces."""
        world = self.environment
        for scheduled in schedule:
            saccade = scheduled if ends is None else scheduled | ends
            looked = saccade.clone()
            state, scene = world.look(state, looked) if share is None else world.glance(state, looked, share)
            ends = scene.ends
            yield Step(state, saccade, scene)

    def scenes(self, seed: int = 0) -> list[Scene]:
        """Return what the usual schedule shows."""
        return [step.scene for step in self.play(self.start(seed), self.schedule())]


def fits(frames: Tensor, shape: tuple[int, ...], sensor: Sensor, what: str) -> None:
    """Check that *frames* have the shape and the range."""
    check_that(
        frames.shape == shape and frames.is_floating_point(),
        f"{what} must be {shape} floating-point numbers (got {tuple(frames.shape)} {frames.dtype})",
    )
    low, high, slack = float(frames.min()), float(frames.max()), _ROUNDING * (sensor.high - sensor.low)
    check_that(
        sensor.low - slack <= low and high <= sensor.high + slack,  # false for NaN, too
        f"{what} must lie within the sensor's range, {sensor.low} to {sensor.high} (got {low} to {high})",
    )


def successive(harness: EnvironmentHarness) -> Iterator[tuple[int, Scene, Step]]:
    """Yield every tick after the first with the scene before it."""
    steps = list(harness.play(harness.start(), harness.schedule()))
    for tick, (before, step) in enumerate(pairwise(steps), 1):
        yield tick, before.scene, step


def copied(scene: Scene) -> Scene:
    """Return a scene that later writes cannot reach."""
    return Scene(scene.frame.clone(), scene.object_id.clone(), scene.label.clone(), scene.ends.clone())


def equal(one: Scene, other: Scene) -> bool:
    """Return whether two scenes are equal to the last bit."""
    return all(
        torch.equal(a, b)
        for a, b in (
            (one.frame, other.frame),
            (one.object_id, other.object_id),
            (one.label, other.label),
            (one.ends, other.ends),
        )
    )


def close(one: Tensor, other: Tensor, sensor: Sensor) -> bool:
    """Return whether frames are equal up to rounding."""
    return torch.allclose(one, other, rtol=0, atol=_ROUNDING * (sensor.high - sensor.low))


def plain(state: State, folder: str = "") -> None:
    """Check that *state* is a tree of tensors."""
    for name, value in state.items():
        check_that("." not in name and bool(name), f"state {folder + name!r}: names must be words without dots")
        if isinstance(value, dict):
            plain(value, f"{folder}{name}.")
            continue
        check_that(isinstance(value, Tensor), f"state {folder + name!r} must be a tensor (got {type(value).__name__})")
        check_that(not value.requires_grad, f"state {folder + name!r} must not carry a gradient: detach it")
