"""What an agent promises of learning: from the frame alone, in every layer, from all streams alike."""

from dataclasses import replace

import torch
from torch import Tensor

from streamsim.contracts import Agent, Glimpse, Sensor, digest, flatten, require, snapshot

from .agent_trial import PICTURES, AgentHarness
from .contract import check_that, of_kind


def frames_are_left_alone(harness: AgentHarness) -> None:
    """Check that the agent does not write into its glimpse."""
    state = harness.start()
    for glimpse in harness.glimpses(10):
        told = [glimpse.frame, glimpse.saccade, *([] if glimpse.label is None else [glimpse.label])]
        seen = [tensor.clone() for tensor in told]
        state, _ = harness.agent.step(state, glimpse)
        check_that(
            all(map(torch.equal, seen, told)),
            f"the agent wrote into the glimpse of tick {glimpse.tick}: work on a copy",
        )


def streams_are_alike(harness: AgentHarness) -> None:
    """Check that streams that all see the same are treated alike: each does the same with its frame."""
    state = harness.start()
    for glimpse in harness.glimpses(10):
        frame = glimpse.frame[:1].repeat(harness.streams, *[1] * len(harness.sensor.shape))
        label = None if glimpse.label is None else glimpse.label[:1].repeat(harness.streams)
        saccade = glimpse.saccade[:1].repeat(harness.streams)
        same = replace(glimpse, frame=frame, saccade=saccade, label=label)
        state, report = harness.agent.step(state, same)
        for layer, z in report.activity.items():
            alike = torch.allclose(z, z[:1].expand_as(z), rtol=1e-2, atol=1e-4)
            check_that(alike, f"streams that see the same differ in {layer!r} at tick {glimpse.tick}: share weights")


def labels_teach_who_says_so(harness: AgentHarness) -> None:
    """Check that an agent says of how many classes it is taught, and that then it matters what it is told."""
    agent = harness.agent
    taught = of_kind(agent.taught, int, "Agent.taught must be")
    check_that(taught >= 0, f"Agent.taught must be a number of classes, or 0 for none (got {taught})")
    if taught:
        *_, (other, _) = harness.live(harness.start(), harness.glimpses(labels=1))
        check_that(
            digest(other) != digest(harness.after),
            f"the agent says that it is taught {taught} classes, but other labels change nothing: let taught be 0",
        )


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
    shuffled = (_ordered(glimpse, order) for glimpse in harness.glimpses())
    *_, (_, mixed) = harness.live(harness.start(), shuffled)
    _, ordered = harness.life()
    for layer, z in ordered.activity.items():
        check_that(
            torch.allclose(z[order], mixed.activity[layer], rtol=1e-3, atol=1e-4),
            f"the order of streams matters in {layer!r}: treat all streams alike",
        )


def _ordered(glimpse: Glimpse, order: Tensor) -> Glimpse:
    """Return a glimpse whose streams come in another *order*."""
    label = None if glimpse.label is None else glimpse.label[order]
    return replace(glimpse, frame=glimpse.frame[order], saccade=glimpse.saccade[order], label=label)
