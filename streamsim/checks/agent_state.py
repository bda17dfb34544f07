"""What an agent promises of its state: it is all that there is, and it does not grow."""

import torch

from streamsim.contracts import digest, flatten, leaves, size_in_bytes, snapshot, unflatten

from .agent_trial import AgentHarness
from .contract import check_that
from .environment_trial import plain

_SOON, _LATER = 50, 1000  # ticks after which an agent must hold the same


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


def lives_do_not_mix(harness: AgentHarness) -> None:
    """Check that two lives of one agent, tick by tick in turns, end as each would alone."""
    alone = [digest(harness.after), digest(harness.life(1)[0])]
    lives = [harness.live(harness.start(seed), harness.glimpses()) for seed in (0, 1)]
    for (one, _), (other, _) in zip(*lives, strict=True):
        together = [one, other]
    check_that(
        [digest(s) for s in together] == alone, "two lives of one agent disturb each other: keep all in the state"
    )


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


def state_stays_finite(harness: AgentHarness) -> None:
    """Check that no number of the state is lost."""
    for name, tensor in leaves(harness.after):
        finite = not tensor.is_floating_point() or bool(tensor.isfinite().all())
        check_that(finite, f"{name!r} is not finite after {harness.ticks} ticks: learn more slowly")


def the_ledger_is_complete(harness: AgentHarness) -> None:
    """Check that the ledger accounts for every byte that the tensors of the state occupy."""
    for tick, (state, _) in enumerate(harness.live(harness.start(), harness.glimpses())):
        told, held = harness.agent.ledger(state).total, size_in_bytes(state)
        check_that(told == held, f"the ledger tells of {told} bytes but the state holds {held} at tick {tick}")


def memory_is_constant(harness: AgentHarness) -> None:
    """Check that the agent holds as much after 1,000 ticks as after 50."""
    sizes = {}
    for tick, (state, _) in enumerate(harness.live(harness.start(), harness.glimpses(_LATER + 1))):
        if tick in (_SOON, _LATER):
            sizes[tick] = {"bytes": size_in_bytes(state), "tensors": len(flatten(state))}
    for what, soon in sizes[_SOON].items():
        later = sizes[_LATER][what]
        check_that(
            soon == later,
            f"the agent held {soon} {what} after {_SOON} ticks and {later} after {_LATER}: forget the old",
        )
