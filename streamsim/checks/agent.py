"""The contract of an agent as checks: they are the specification, and a new agent is done when they pass."""

from collections.abc import Callable

import torch

from streamsim.contracts import Agent, Sensor, digest, flatten, leaves, require, size_in_bytes, snapshot, unflatten

from .agent_outputs import (
    features_leave_the_state_alone,
    frames_are_left_alone,
    reports_have_their_form,
    reports_stay_as_they_are,
    streams_are_alike,
    the_ledger_is_complete,
)
from .agent_trial import PICTURES, AgentHarness
from .contract import check_that
from .environment_trial import plain
from .replay import replay_leaves_the_state_alone, replay_looks_at_the_past_only

_SOON, _LATER = 50, 1000  # ticks after which an agent must hold the same


def check_agent(agent: Agent, sensor: Sensor | None = None, ticks: int = 30, streams: int = 8) -> None:
    """Check that an agent keeps its contract; any agent, in one line of its author's tests.

    Args:
        agent: the agent.
        sensor: the form of the frames to show it; by default grey pictures of 16 x 16 pixels.
        ticks: how many ticks to show, at least 10; enough that every layer learns.
        streams: how many streams to show, at least 2.

    Raises:
        ContractError: it breaks the contract; the message says where.
        ConfigurationError: the agent cannot work with so many streams or such frames, or there is too little to check.

    """
    require(streams >= 2, f"check_agent: streams must be at least 2 to compare them (got {streams})")
    require(ticks >= 10, f"check_agent: ticks must be at least 10 to see an agent learn (got {ticks})")
    harness = AgentHarness(agent, sensor or PICTURES, ticks, streams)
    for check in CHECKS:
        check(harness)


def layers_and_quantities_are_named(harness: AgentHarness) -> None:
    """Check that layers and quantities have names, each its own and the same at every call."""
    for name in ("layers", "quantities"):
        first, second = getattr(harness.agent, name), getattr(harness.agent, name)
        check_that(len(first) > 0 and len(set(first)) == len(first), f"Agent.{name} must be different names: {first}")
        check_that(first == second, f"Agent.{name} changed from {first} to {second}")


def state_is_plain_tensors(harness: AgentHarness) -> None:
    """Check that state is a tree of tensors, its names without dots, before and after learning."""
    plain(harness.start())
    for state, _ in harness.live(harness.start(), harness.glimpses()):
        plain(state)


def no_graph_survives(harness: AgentHarness) -> None:
    """Check that nothing in state or report drags autograd's graph along, even where gradients are recorded."""
    with torch.enable_grad():
        for state, report in harness.live(harness.start(), harness.glimpses(10)):
            told = {"metrics": report.metrics, **report.activity}
            for name, tensor in (*leaves(state), *told.items()):
                check_that(
                    tensor.grad_fn is None and not tensor.requires_grad,
                    f"{name!r} carries a graph from tick to tick: detach it or work under torch.no_grad()",
                )
        features = harness.agent.features(state, harness.frames(2))
    check_that(not any(z.requires_grad for z in features.values()), "features carry a graph: use torch.no_grad()")


def same_seed_same_life(harness: AgentHarness) -> None:
    """Check that a seed gives the same life, and that torch's global generator has no part in it."""
    with torch.random.fork_rng(devices=[]):
        first = digest(harness.after)
        torch.rand(7)
        before = torch.get_rng_state()
        second = digest(harness.life()[0])
        after = torch.get_rng_state()
    check_that(
        torch.equal(before, after), "the agent draws from torch's global generator: draw from reset's seed alone"
    )
    check_that(first == second, "one seed gave two different lives: draw from reset's seed alone")


def different_seed_different_life(harness: AgentHarness) -> None:
    """Check that another seed draws other weights."""
    one, other = (digest(harness.start(seed)) for seed in (1, 2))
    check_that(one != other, "seeds 1 and 2 gave the same state: draw first weights from reset's seed")


def state_is_all_there_is(harness: AgentHarness) -> None:
    """Check that a copy through flatten and unflatten continues exactly as the original does."""
    half = harness.ticks // 2
    *_, (state, _) = harness.live(harness.start(), harness.glimpses(half))
    copy = unflatten(flatten(snapshot(state)))
    check_that(digest(copy) == digest(state), "state did not survive flatten and unflatten: check the names in it")
    ends = []
    for half_way in (state, copy):
        *_, (end, _) = harness.live(half_way, harness.glimpses(first=half))
        ends.append(flatten(end))
    for name, tensor in ends[0].items():
        check_that(
            name in ends[1] and torch.equal(tensor, ends[1][name]),
            f"a copy of the state went on differently in {name!r}: keep in the state, as tensors, all that changes",
        )


def lives_do_not_mix(harness: AgentHarness) -> None:
    """Check that two lives of one agent, tick by tick in turns, end as each would alone."""
    alone = [digest(harness.after), digest(harness.life(1)[0])]
    lives = [harness.live(harness.start(seed), harness.glimpses()) for seed in (0, 1)]
    for (one, _), (other, _) in zip(*lives, strict=True):
        together = [one, other]
    check_that(
        [digest(s) for s in together] == alone, "two lives of one agent disturb each other: keep all in the state"
    )


def state_stays_finite(harness: AgentHarness) -> None:
    """Check that no number of the state is lost."""
    for name, tensor in leaves(harness.after):
        finite = not tensor.is_floating_point() or bool(tensor.isfinite().all())
        check_that(finite, f"{name!r} is not finite after {harness.ticks} ticks: learn more slowly")


def every_layer_learns(harness: AgentHarness) -> None:
    """Check that what each layer does with a frame changes by learning, and does not without."""
    agent, frames = harness.agent, harness.frames(4)
    before = agent.features(harness.start(), frames)
    after = agent.features(snapshot(harness.after), frames)
    for layer in agent.layers:
        check_that(
            not torch.equal(before[layer], after[layer]),
            f"{layer!r} did not learn in {harness.ticks} ticks: show more, or look for what keeps it from learning",
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


def memory_is_constant(harness: AgentHarness) -> None:
    """Check that the agent holds as much after 1,000 ticks as after 50."""
    sizes = {}
    for tick, (state, _) in enumerate(harness.live(harness.start(), harness.glimpses(_LATER + 1))):
        if tick in (_SOON, _LATER):
            sizes[tick] = size_in_bytes(state)
    check_that(
        sizes[_SOON] == sizes[_LATER],
        f"the agent held {sizes[_SOON]} bytes after {_SOON} ticks and {sizes[_LATER]} after {_LATER}: forget the old",
    )


CHECKS: tuple[Callable[[AgentHarness], None], ...] = (
    layers_and_quantities_are_named,
    state_is_plain_tensors,
    no_graph_survives,
    same_seed_same_life,
    different_seed_different_life,
    lives_do_not_mix,
    state_is_all_there_is,
    frames_are_left_alone,
    features_leave_the_state_alone,
    replay_leaves_the_state_alone,
    replay_looks_at_the_past_only,
    reports_have_their_form,
    reports_stay_as_they_are,
    state_stays_finite,
    every_layer_learns,
    every_weight_that_claims_to_learn_does,
    the_ledger_is_complete,
    streams_are_alike,
    memory_is_constant,
)
