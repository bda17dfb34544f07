"""The contract of a world as checks: they are the specification, and a new world is done when they pass."""

import time
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction

import torch

from streamsim.contracts import (
    DataError,
    Environment,
    Scene,
    Sensor,
    Sequences,
    Split,
    flatten,
    require,
    size_in_bytes,
    snapshot,
    unflatten,
)

from .contract import check_that, conduct, mapping, of_kind, words
from .environment_trial import CPU, EnvironmentHarness, close, copied, equal, fits, plain, successive
from .labelled import labelled_data_stay_the_same
from .team import glances_show_what_a_look_shows

_PATIENCE = 0.5  # seconds that the check of memory may take


def check_environment(environment: Environment, streams: int = 3, ticks: int = 50) -> None:
    """Check that a world keeps its contract; any world, in one line of its author's tests.

    Args:
        environment: the world.
        streams: how many streams to look with, at least 2.
        ticks: how many ticks to look for, at least 10.

    Raises:
        ContractError: it breaks the contract; the message says where.
        ConfigurationError: the world cannot have so many streams, or there are too few to check.
    """
    require(streams >= 2, f"check_environment: streams must be at least 2 to compare them (got {streams})")
    require(ticks >= 10, f"check_environment: ticks must be at least 10 to see fixations (got {ticks})")
    harness = EnvironmentHarness(environment, streams, ticks)
    for check in CHECKS:
        conduct(check, harness)


def answers_are_of_their_kinds(harness: EnvironmentHarness) -> None:
    """Check that every method returns the kind of thing that it promises."""
    world = harness.environment
    sensor = of_kind(world.sensor, Sensor, "Environment.sensor must be")
    of_kind(sensor.period, Fraction, "Sensor.period must be")
    words(world.classes, "Environment.classes")
    of_kind(world.teaches, bool, "Environment.teaches must be")
    state = of_kind(harness.start(), dict, "Environment.reset must return")
    answer = of_kind(world.look(state, harness.schedule()[0]), tuple, "Environment.look must return")
    check_that(len(answer) == 2, f"Environment.look must return a state and a Scene (got {len(answer)} things)")
    of_kind(answer[0], dict, "Environment.look must return as state")
    scene = of_kind(answer[1], Scene, "Environment.look must return beside the state")
    for field in fields(scene):
        of_kind(getattr(scene, field.name), torch.Tensor, f"Scene.{field.name} must be")
    of_kind(world.damaged(answer[0]), int, "Environment.damaged must return")
    mapping(world.baselines, "Environment.baselines must be")


def frames_fit_the_sensor(harness: EnvironmentHarness) -> None:
    """Check that frames have the sensor's shape and range."""
    shape = (harness.streams, *harness.environment.sensor.shape)
    for tick, scene in enumerate(harness.scenes()):
        fits(scene.frame, shape, harness.environment.sensor, f"the frame of tick {tick}")


def bookkeeping_is_on_the_cpu(harness: EnvironmentHarness) -> None:
    """Check that identities, labels and ends are one integer or bit a stream, on the CPU."""
    scene = harness.scenes()[0]
    for name, kind in {"object_id": torch.int64, "label": torch.int64, "ends": torch.bool}.items():
        value = getattr(scene, name)
        check_that(
            value.dtype is kind and value.shape == (harness.streams,) and value.device == CPU,
            f"Scene.{name} must be ({harness.streams},) {kind} on the cpu "
            f"(got {tuple(value.shape)} {value.dtype} on {value.device})",
        )


def labels_name_classes(harness: EnvironmentHarness) -> None:
    """Check that labels number the classes, and that there are none where the world says so; -1 means unknown."""
    most = len(harness.environment.classes) - 1
    labels = torch.stack([scene.label for scene in harness.scenes()])
    low, high = int(labels.min()), int(labels.max())
    check_that(low >= -1 and high <= most, f"Scene.label must be -1 (unknown) to {most} (got {low} to {high})")
    silent = harness.environment.teaches or high == -1
    check_that(silent, f"Scene.label tells classes up to {high}, but Environment.teaches is false: let it be true")


def same_seed_same_stream(harness: EnvironmentHarness) -> None:
    """Check that a seed gives the same stream, and that torch's global generator has no part in it."""
    with torch.random.fork_rng(devices=[]):
        first = harness.scenes()
        torch.rand(7)
        before = torch.get_rng_state()
        second = harness.scenes()
        after = torch.get_rng_state()
    check_that(
        torch.equal(before, after), "the world draws from torch's global generator: draw from reset's seed alone"
    )
    for tick, (one, other) in enumerate(zip(first, second, strict=True)):
        check_that(equal(one, other), f"one seed gave two streams (tick {tick}): draw from reset's seed alone")


def different_seed_different_stream(harness: EnvironmentHarness) -> None:
    """Check that another seed gives another stream."""
    pairs = zip(harness.scenes(seed=1), harness.scenes(seed=2), strict=True)
    check_that(
        not all(equal(one, other) for one, other in pairs), "seeds 1 and 2 gave the same stream: draw from reset's seed"
    )


def saccades_show_another_thing(harness: EnvironmentHarness) -> None:
    """Check that every saccade, chosen or forced, changes the identity."""
    for tick, before, step in successive(harness):
        stayed = step.saccade & (before.object_id == step.scene.object_id)
        check_that(not stayed.any(), f"the saccade at tick {tick} left Scene.object_id as it was: show another thing")


def fixations_show_one_thing(harness: EnvironmentHarness) -> None:
    """Check that the identity stays without a saccade, and the label too unless every tick has one of its own."""
    spoken = _labels_ticks(harness.environment)
    for tick, before, step in successive(harness):
        changed = before.object_id != step.scene.object_id
        changed |= (before.label != step.scene.label) & (not spoken)
        check_that(
            not (changed & ~step.saccade).any(),
            f"Scene.object_id or label changed without a saccade at tick {tick}: set Scene.ends one tick before",
        )


def scenes_are_not_rewritten(harness: EnvironmentHarness) -> None:
    """Check that a scene stays as it was, whatever is looked at later."""
    told = [(step.scene, copied(step.scene)) for step in harness.play(harness.start(), harness.schedule())]
    for tick, (scene, copy) in enumerate(told):
        check_that(equal(scene, copy), f"later looks changed the scene of tick {tick}: return new tensors")


def writing_into_frames_is_harmless(harness: EnvironmentHarness) -> None:
    """Check that a learner that writes into its frame does not change what it sees next."""
    expected = [copied(scene) for scene in harness.scenes()]
    for tick, step in enumerate(harness.play(harness.start(), harness.schedule())):
        check_that(
            equal(step.scene, expected[tick]),
            f"writing into a frame changed the scene of tick {tick}: frames must not share memory with the state",
        )
        if step.scene.frame.is_contiguous():  # an expanded view cannot be written to
            step.scene.frame.add_(1)


def streams_are_independent(harness: EnvironmentHarness) -> None:
    """Check that what a stream shows does not depend on the saccades of another."""
    schedule = harness.schedule()
    disturbed = [schedule[0], *(torch.cat([~saccade[:1], saccade[1:]]) for saccade in schedule[1:])]
    sensor = harness.environment.sensor
    pairs = zip(harness.play(harness.start(), schedule), harness.play(harness.start(), disturbed), strict=True)
    for tick, (one, other) in enumerate(pairs):
        identities = torch.equal(one.scene.object_id[1:], other.scene.object_id[1:])
        check_that(
            identities and close(one.scene.frame[1:], other.scene.frame[1:], sensor),
            f"saccades of stream 0 changed what others saw at tick {tick}: draw as many numbers whatever the saccades",
        )


def state_is_plain_tensors(harness: EnvironmentHarness) -> None:
    """Check that state is a tree of tensors without graphs, its names without dots."""
    plain(harness.start())
    for step in harness.play(harness.start(), harness.schedule()[:3]):
        plain(step.state)


def state_is_all_there_is(harness: EnvironmentHarness) -> None:
    """Check that a copy of the state continues exactly as the original does: nothing hides in the world itself."""
    half, schedule = harness.ticks // 2, harness.schedule()
    *_, last = harness.play(harness.start(), schedule[:half])
    copy, ends = unflatten(flatten(snapshot(last.state))), last.scene.ends.clone()
    first = list(harness.play(last.state, schedule[half:], ends))
    second = list(harness.play(copy, schedule[half:], ends))
    for tick, (one, other) in enumerate(zip(first, second, strict=True), half):
        check_that(
            equal(one.scene, other.scene),
            f"a copy of the state went on differently at tick {tick}: keep in the state all that changes",
        )


def memory_is_constant(harness: EnvironmentHarness) -> None:
    """Check that the state is as large after 10,000 ticks, or after half a second's worth of them, as after one."""
    schedule = harness.schedule()
    step = next(harness.play(harness.start(), schedule))
    before, places = size_in_bytes(step.state), len(flatten(step.state))
    deadline, tick = time.monotonic() + _PATIENCE, 1
    while tick < 10_000 and time.monotonic() < deadline:
        *_, step = harness.play(step.state, schedule, step.scene.ends)
        tick += harness.ticks
    after, names = size_in_bytes(step.state), len(flatten(step.state))
    for what, one, other in (("bytes", before, after), ("tensors", places, names)):
        message = f"the state went from {one} to {other} {what} in {tick} ticks: hold as much at every tick"
        check_that(one == other, message)


CHECKS: tuple[Callable[[EnvironmentHarness], None], ...] = (
    answers_are_of_their_kinds,  # first, as the others rely on it
    state_is_plain_tensors,  # next, as the others copy states
    frames_fit_the_sensor,
    bookkeeping_is_on_the_cpu,
    labels_name_classes,
    same_seed_same_stream,
    different_seed_different_stream,
    saccades_show_another_thing,
    fixations_show_one_thing,
    scenes_are_not_rewritten,
    writing_into_frames_is_harmless,
    streams_are_independent,
    glances_show_what_a_look_shows,
    state_is_all_there_is,
    memory_is_constant,
    labelled_data_stay_the_same,
)


def _labels_ticks(environment: Environment) -> bool:
    """Return whether each tick has a label of its own, as phones are, so that it may change within a fixation."""
    try:
        data = environment.labelled(Split.TRAIN)
    except DataError:
        return False
    return isinstance(data, Sequences) and not data.pooled
