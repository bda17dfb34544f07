"""What an agent promises of its reports, features and ledger, as checks."""

import torch

from streamsim.contracts import Agent, Glimpse, Sensor, StepReport, digest, size_in_bytes, snapshot

from .agent_trial import PICTURES, AgentHarness
from .contract import check_that


def frames_are_left_alone(harness: AgentHarness) -> None:
    """Check that the agent does not write into its glimpse."""
    state = harness.start()
    for glimpse in harness.glimpses(10):
        seen = glimpse.frame.clone(), glimpse.saccade.clone()
        state, _ = harness.agent.step(state, glimpse)
        check_that(
            torch.equal(seen[0], glimpse.frame) and torch.equal(seen[1], glimpse.saccade),
            f"the agent wrote into the glimpse of tick {glimpse.tick}: work on a copy",
        )


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


def reports_stay_as_they_are(harness: AgentHarness) -> None:
    """Check that later ticks do not write into what was reported."""
    lives = harness.live(harness.start(), harness.glimpses(10))
    told = [(r, r.metrics.clone(), {n: z.clone() for n, z in r.activity.items()}) for _, r in lives]
    for tick, (report, metrics, activity) in enumerate(told):
        same = torch.equal(report.metrics.nan_to_num(), metrics.nan_to_num())
        same = same and all(torch.equal(z, activity[name]) for name, z in report.activity.items())
        check_that(same, f"later ticks changed the report of tick {tick}: report new tensors")


def the_ledger_is_complete(harness: AgentHarness) -> None:
    """Check that the ledger accounts for every byte that the tensors of the state occupy."""
    for tick, (state, _) in enumerate(harness.live(harness.start(), harness.glimpses())):
        told, held = harness.agent.ledger(state).total, size_in_bytes(state)
        check_that(told == held, f"the ledger tells of {told} bytes but the state holds {held} at tick {tick}")


def streams_are_alike(harness: AgentHarness) -> None:
    """Check that streams that all see the same are treated alike: each does the same with its frame."""
    state = harness.start()
    for glimpse in harness.glimpses(10):
        frame = glimpse.frame[:1].repeat(harness.streams, *[1] * len(harness.sensor.shape))
        same = Glimpse(frame, glimpse.saccade[:1].repeat(harness.streams), glimpse.tick, glimpse.seconds)
        state, report = harness.agent.step(state, same)
        for layer, z in report.activity.items():
            alike = torch.allclose(z, z[:1].expand_as(z), rtol=1e-2, atol=1e-4)
            check_that(alike, f"streams that see the same differ in {layer!r} at tick {glimpse.tick}: share weights")


def check_order_of_streams(agent: Agent, sensor: Sensor | None = None, ticks: int = 12, streams: int = 6) -> None:
    """Check that the order of streams is of no account; for agents that compare a stream with its own past only.

    Not among the checks of `check_agent`: an agent that draws other streams' memories by number is not so.

    Raises:
        ContractError: it is of some account.

    """
    harness = AgentHarness(agent, sensor or PICTURES, ticks, streams)
    order = torch.randperm(streams, generator=torch.Generator().manual_seed(0))
    shuffled = (Glimpse(g.frame[order], g.saccade[order], g.tick, g.seconds) for g in harness.glimpses())
    *_, (_, mixed) = harness.live(harness.start(), shuffled)
    _, ordered = harness.life()
    for layer, z in ordered.activity.items():
        check_that(
            torch.allclose(z[order], mixed.activity[layer], rtol=1e-3, atol=1e-4),
            f"the order of streams matters in {layer!r}: treat all streams alike",
        )


def _compares_the_past(report: StepReport, tick: int, streams: int) -> None:
    """Check that a comparison is with something that an existing stream saw before, never twice as much as it is."""
    compared = report.comparison
    if compared is None:
        return
    counts = compared.weight > 0
    shapes = {tuple(t.shape) for t in (compared.birth, compared.stream, compared.same, compared.weight)}
    check_that(
        len(shapes) == 1 and next(iter(shapes))[1:] == (streams,), f"Comparison must be pairs x streams: {shapes}"
    )
    births, owners = compared.birth[counts], compared.stream[counts]
    check_that(bool((compared.weight >= 0).all()), f"PairRecord.weight is negative at tick {tick}")
    check_that(
        bool(((births >= 0) & (births < tick)).all()), f"PairRecord.birth at tick {tick} must be of an earlier tick"
    )
    check_that(bool(((owners >= 0) & (owners < streams)).all()), f"PairRecord.stream must be 0 to {streams - 1}")
