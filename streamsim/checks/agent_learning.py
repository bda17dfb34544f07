"""What an agent promises of learning: from the frame alone, in every layer, from all streams alike."""

import torch

from streamsim.contracts import Agent, Glimpse, Sensor, flatten, require, snapshot

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


def learning_begins_when_it_says(harness: AgentHarness) -> None:
    """Check that the agent looks for a number of ticks, and makes no update in these if it counts them."""
    looks = harness.agent.looks
    check_that(isinstance(looks, int) and looks >= 0, f"Agent.looks must be a number of ticks, 0 or more (got {looks})")
    require(
        looks < harness.ticks,
        f"check_agent: ticks must be more than the {looks} in which the agent only looks (got {harness.ticks})",
    )
    updates = harness.looked.get("updates")
    check_that(
        updates is None or not bool(updates.any()),
        f"the agent made updates in the {looks} ticks in which it says that it only looks: {updates}",
    )


def every_layer_learns(harness: AgentHarness) -> None:
    """Check that what each layer does with a frame changes after the agent has looked, by learning."""
    agent, frames = harness.agent, harness.frames(4)
    before, ticks = agent.features(snapshot(harness.looked), frames), harness.ticks - agent.looks
    after = agent.features(snapshot(harness.after), frames)
    for layer in agent.layers:
        check_that(
            not torch.equal(before[layer], after[layer]),
            f"{layer!r} did not learn in {ticks} ticks: show more, or look for what keeps it from learning",
        )


def every_weight_that_claims_to_learn_does(harness: AgentHarness) -> None:
    """Check that all weights of one name learn or none does, and that updates, where counted, were made."""
    before, after = flatten(snapshot(harness.start())), flatten(harness.after)
    moved: dict[str, dict[str, bool]] = {}
    for name in before:
        # same kind of weight: same address but for the layer
        layer = next((n for n in harness.agent.layers if n in name.split(".")), None)
        if layer and before[name].is_floating_point() and not name.startswith("optimiser."):
            kind = ".".join("*" if part == layer else part for part in name.split("."))
            moved.setdefault(kind, {})[layer] = not torch.equal(before[name], after[name])
    for kind, layers in moved.items():
        still = [layer for layer, moves in layers.items() if not moves]
        check_that(len(still) in (0, len(layers)), f"{kind!r} learns in some layers but not in {', '.join(still)}")
    if "updates" in after:
        check_that(bool((after["updates"] > 0).all()), f"layers without updates: {after['updates'].tolist()}")


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
