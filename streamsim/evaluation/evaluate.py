"""Judging an agent by its probes, always beside the same network before learning."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from jaxtyping import Int
from torch import Tensor

from streamsim.contracts import Agent, Environment, State
from streamsim.simulation import Pathway

from .features import ALL
from .protocol import ProbeProtocol, ProbeResult, examine, examine_baselines

Row: TypeAlias = dict[str, Any]
"""One line of a JSON lines file."""


def evaluate(
    agent: Agent,
    state: State,
    environment: Environment,
    examination: ProbeProtocol | None = None,
    untrained: State | None = None,
) -> list[Row]:
    """Return one row per layer and probe: bottom to top, all layers together, then what needs no learning.

    Args:
        agent: who is examined; it does not learn, and its state is not touched.
        state: its state.
        environment: gives the labelled frames.
        examination: probes, readout and numbers of examples.
        untrained: its state before learning, examined in the same way and put beside it.

    Raises:
        DataError: the world has no labels, or no labelled recording can be read.
    """
    examination = examination or ProbeProtocol()
    earlier = [] if untrained is None else examine(agent, untrained, environment, examination)
    baselines = examine_baselines(environment, examination) if examination.pixels else []
    now = examine(agent, state, environment, examination)
    return tabulate(now + baselines, earlier + baselines, environment, agent)


def tabulate(
    findings: list[ProbeResult], untrained: list[ProbeResult], environment: Environment, agent: Agent
) -> list[Row]:
    """Return *findings* as rows beside those before learning and blind guessing (one in the number of classes).

    Every row names what *agent* compares with what while it learns, if it can say so (`describe`).
    """
    before = {(f.layer, f.probe): f.accuracy for f in untrained}
    return [
        {
            "probe": finding.probe,
            "layer": finding.layer,
            "baseline": finding.baseline,
            "accuracy": finding.accuracy,
            "untrained": before.get((finding.layer, finding.probe)),
            "chance": 1 / len(environment.classes),
            "protocol": finding.protocol,
            "pairs": agent.describe(),
            "n_train": finding.n_train,
            "n_test": finding.n_test,
            "wall": finding.wall,
        }
        for finding in findings
    ]


def untrained_state(pathway: Pathway, streams: int, seed: int, device: torch.device) -> State:
    """Return the agent's state before its first tick, derived again from the seed."""
    agent: State = pathway.reset(streams, seed, device)["agent"]
    return agent


FEWEST = 3
"""With fewer classes the accuracy says it all."""


def confusions(findings: Sequence[ProbeResult], classes: tuple[str, ...]) -> list[Row]:
    """Return what the first probe confuses in the uppermost layer, and in the best one if that is another.

    A row holds the names of the classes and [class, taken for, examples] of all pairs of classes that there are.
    """
    layers = [f for f in findings if f.probe == findings[0].probe and f.layer != ALL and not f.baseline]
    if len(classes) < FEWEST or not layers:
        return []
    best = max(reversed(layers), key=lambda f: f.accuracy)  # of equally good ones the uppermost
    return [row(finding, classes, finding is best) for finding in layers if finding is best or finding is layers[-1]]


def row(finding: ProbeResult, classes: tuple[str, ...], best: bool) -> Row:
    """Return the confusions of one finding."""
    pairs = torch.nonzero(finding.confusion)
    counts = torch.cat((pairs, finding.confusion[pairs[:, 0], pairs[:, 1], None]), 1)
    return {
        "probe": finding.probe,
        "layer": finding.layer,
        "best": best,
        "accuracy": finding.accuracy,
        "n_test": finding.n_test,
        "protocol": finding.protocol,
        "classes": list(classes),
        "counts": counts.tolist(),
    }


def dense(row: Row) -> Int[Tensor, "classes classes"]:
    """Return how many examples of each class (row) were taken for which (column)."""
    counts = torch.zeros(len(row["classes"]), len(row["classes"]), dtype=torch.int64)
    for truth, taken, examples in row["counts"]:
        counts[truth, taken] = examples
    return counts
