"""What an agent promises of what it tells: names, features, replays of recordings, reports, weights."""

from collections.abc import Iterable

import torch
from torch import Tensor

from streamsim.contracts import Ledger, StepReport, digest, snapshot

from .agent_trial import AgentHarness
from .contract import check_that, mapping, of_kind, words

_TICKS = 12  # of a recording


def answers_are_of_their_kinds(harness: AgentHarness) -> None:
    """Check that every method returns the kind of thing that it promises."""
    agent = harness.agent
    for name in ("layers", "quantities"):
        words(getattr(agent, name), f"Agent.{name}")
    of_kind(agent.looks, int, "Agent.looks must be")
    state = of_kind(harness.start(), dict, "Agent.reset must return")
    answer = of_kind(agent.step(state, next(harness.glimpses())), tuple, "Agent.step must return")
    check_that(len(answer) == 2, f"Agent.step must return a state and a StepReport (got {len(answer)} things)")
    state = of_kind(answer[0], dict, "Agent.step must return as state")
    report = of_kind(answer[1], StepReport, "Agent.step must return beside the state")
    of_kind(report.metrics, Tensor, "StepReport.metrics must be")
    _tensors(report.activity, "StepReport.activity must be")
    _tensors(agent.features(state, harness.frames(2)), "Agent.features must return")
    replay = agent.replay(state, harness.frames(2)[:, None])
    check_that(isinstance(replay, Iterable), f"Agent.replay must return an iterator (got {type(replay).__name__})")
    for found in replay:
        _tensors(found, "Agent.replay must yield")
    of_kind(agent.ledger(state), Ledger, "Agent.ledger must return")
    of_kind(agent.title(), str, "Agent.title must return")
    of_kind(agent.describe() or "", str, "Agent.describe must return None or")
    words(agent.advice(), "What Agent.advice returns")
    filters = agent.filters(state)
    of_kind(report.metrics if filters is None else filters, Tensor, "Agent.filters must return None or")
    mapping(agent.alignments(state), "Agent.alignments must return")


def layers_and_quantities_are_named(harness: AgentHarness) -> None:
    """Check that layers and quantities have names, each its own and the same at every call."""
    for name in ("layers", "quantities"):
        first, second = getattr(harness.agent, name), getattr(harness.agent, name)
        check_that(len(first) > 0 and len(set(first)) == len(first), f"Agent.{name} must be different names: {first}")
        check_that(first == second, f"Agent.{name} changed from {first} to {second}")


def features_leave_the_state_alone(harness: AgentHarness) -> None:
    """Check that features come for any number of frames, one row a frame, and leave no trace in the state."""
    agent, state = harness.agent, snapshot(harness.after)
    before = digest(state)
    many = agent.features(state, harness.frames(5))
    check_that(tuple(many) == agent.layers, f"features must be those of {agent.layers} (got {tuple(many)})")
    for count in (1, 3):
        for layer, z in agent.features(state, harness.frames(5)[:count]).items():
            check_that(len(z) == count, f"features of {layer!r} must be {count} rows for as many frames (got {len(z)})")
            check_that(
                torch.allclose(z, many[layer][:count], rtol=1e-3, atol=1e-5),
                f"features of a frame depend on the frames beside it in {layer!r}",
            )
    check_that(digest(state) == before, "features changed the state: compute them without learning")


def features_depend_on_what_is_said(harness: AgentHarness) -> None:
    """Check that features are the same whenever what `Agent.feature_state` returns is."""
    agent, frames = harness.agent, harness.frames(3)
    expected = agent.features(snapshot(harness.after), frames)
    other = harness.start(seed=1)
    found = agent.features({**other, **snapshot(agent.feature_state(harness.after))}, frames)
    for layer, z in found.items():
        check_that(
            torch.equal(z, expected[layer]),
            f"features of {layer!r} depend on more of the state than Agent.feature_state returns",
        )


def replay_leaves_the_state_alone(harness: AgentHarness) -> None:
    """Check that a replay yields once a tick, a row a recording, the same at every call, and leaves no trace."""
    agent, state, frames = harness.agent, snapshot(harness.after), _recordings(harness)
    before = digest(state)
    first, second = (list(agent.replay(state, frames)) for _ in range(2))
    check_that(digest(state) == before, "replay changed the state: follow recordings without learning")
    check_that(len(first) == _TICKS, f"replay must yield once a tick, {_TICKS} times (got {len(first)})")
    for tick, (one, other) in enumerate(zip(first, second, strict=True)):
        for layer, z in one.items():
            check_that(layer in agent.layers, f"replay names {layer!r}, which is none of {agent.layers}")
            rows = z.ndim > 1 and len(z) == len(frames)
            check_that(rows, f"replay of {layer!r} must give {len(frames)} rows for as many recordings (got {len(z)})")
            check_that(not z.requires_grad, "replay carries a graph: use torch.no_grad()")
        same = one.keys() == other.keys() and all(torch.equal(z, other[layer]) for layer, z in one.items())
        check_that(same, f"replay gave something else at a second call (tick {tick}): start every replay anew")


def replay_looks_at_the_past_only(harness: AgentHarness) -> None:
    """Check that what comes of a tick depends neither on what follows nor on the recordings beside."""
    agent, state, frames = harness.agent, harness.after, _recordings(harness)
    whole = list(agent.replay(state, frames))
    for some, what in ((frames[:, : _TICKS // 2], "on what comes later"), (frames[:1], "on the recordings beside it")):
        for tick, found in enumerate(agent.replay(state, some)):
            for layer, z in found.items():
                check_that(
                    layer in whole[tick] and torch.allclose(z, whole[tick][layer][: len(z)], rtol=1e-3, atol=1e-5),
                    f"replay of {layer!r} at tick {tick} depends {what}",
                )


def reports_have_their_form(harness: AgentHarness) -> None:
    """Check that a report has a row per layer, a column per quantity, and what each layer did, streams first."""
    agent = harness.agent
    shape = (len(agent.layers), len(agent.quantities))
    for tick, (_, report) in enumerate(harness.live(harness.start(), harness.glimpses())):
        found = tuple(report.metrics.shape)
        check_that(
            found == shape, f"StepReport.metrics must be layers x quantities, {shape} (got {found} at tick {tick})"
        )
        check_that(not report.metrics.isinf().any(), f"StepReport.metrics are infinite at tick {tick}")
        for layer, z in report.activity.items():
            check_that(layer in agent.layers, f"StepReport.activity names {layer!r}, which is none of {agent.layers}")
            check_that(len(z) == harness.streams, f"StepReport.activity of {layer!r} must have the streams first")
        _compares_the_past(report, tick, harness.streams)
        _likens(report, tick, len(agent.layers))


def reports_stay_as_they_are(harness: AgentHarness) -> None:
    """Check that later ticks do not write into what was reported."""
    lives = harness.live(harness.start(), harness.glimpses(10))
    told = [(r, r.metrics.clone(), {n: z.clone() for n, z in r.activity.items()}) for _, r in lives]
    for tick, (report, metrics, activity) in enumerate(told):
        same = torch.equal(report.metrics.nan_to_num(), metrics.nan_to_num())
        same = same and all(torch.equal(z, activity[name]) for name, z in report.activity.items())
        check_that(same, f"later ticks changed the report of tick {tick}: report new tensors")


def what_it_tells_of_weights_has_its_form(harness: AgentHarness) -> None:
    """Check that filters are pictures, alignments angles, and that to ask for them leaves no trace in the state."""
    agent, state = harness.agent, snapshot(harness.after)
    before = digest(state)
    filters, angles = agent.filters(state), agent.alignments(state)
    check_that(digest(state) == before, "filters or alignments changed the state: compute them without learning")
    shape = (0,) * 4 if filters is None else tuple(filters.shape)
    check_that(len(shape) == 4, f"filters must be units x channels x height x width, or None (got {shape})")
    for name, degrees in angles.items():
        check_that(0 <= degrees <= 180, f"alignments must be angles of 0 to 180 degrees (got {degrees} for {name!r})")
    check_that(bool(agent.title().strip()), "title must be a word or two: results are headed by it")


def _recordings(harness: AgentHarness) -> Tensor:
    return harness.frames(3 * _TICKS).view(3, _TICKS, *harness.sensor.shape)


def _tensors(found: object, what: str) -> None:
    for layer, z in mapping(found, what).items():
        of_kind(z, Tensor, f"{what} for {layer!r}")


def _compares_the_past(report: StepReport, tick: int, streams: int) -> None:
    """Check that a comparison is with something that an existing stream saw before, never twice as much as it is."""
    compared = report.comparison
    if compared is None:
        return
    counts = compared.weight > 0
    shapes = {tuple(t.shape) for t in (compared.birth, compared.stream, compared.same, compared.weight)}
    check_that(
        len(shapes) == 1 and next(iter(shapes))[1:] == (streams,), f"PairRecord must be pairs x streams: {shapes}"
    )
    births, owners = compared.birth[counts], compared.stream[counts]
    check_that(bool((compared.weight >= 0).all()), f"PairRecord.weight is negative at tick {tick}")
    check_that(
        bool(((births >= 0) & (births < tick)).all()), f"PairRecord.birth at tick {tick} must be of an earlier tick"
    )
    check_that(bool(((owners >= 0) & (owners < streams)).all()), f"PairRecord.stream must be 0 to {streams - 1}")


def _likens(report: StepReport, tick: int, layers: int) -> None:
    """Check that how alike the pairs are, if it is told, is told for every layer and kind as a cosine."""
    if report.likeness is None:
        return
    found = report.likeness()
    shape = tuple(found.shape)
    check_that(shape == (layers, 2), f"StepReport.likeness must be layers x 2, {(layers, 2)} (got {shape})")
    largest = float(found.abs().nan_to_num(0.0).max())
    check_that(largest <= 1.01, f"StepReport.likeness must be cosines (got {largest:.3g} at tick {tick})")
