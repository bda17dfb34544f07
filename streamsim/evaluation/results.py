"""Judging an agent by its probes, always beside the same network before learning."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from jaxtyping import Int
from torch import Tensor

from streamsim.contracts import Agent, Environment, State

from .features import ALL
from .protocol import ProbeProtocol, ProbeResult, probe_baselines, probe_layers

Row: TypeAlias = dict[str, Any]
"""One line of a JSON lines file."""


def evaluate(
    agent: Agent,
    state: State,
    environment: Environment,
    protocol: ProbeProtocol | None = None,
    untrained: State | None = None,
) -> list[Row]:
    """Return one row per layer and probe: bottom to top, all layers together, then what needs no learning.

    Args:
        agent: who is probed; it does not learn, and its state is not touched.
        state: its state.
        environment: gives the labelled frames.
        protocol: probes, readout and numbers of examples.
        untrained: its state before learning, probed in the same way and put beside it.

    Raises:
        DataError: the world has no labels, or no labelled recording can be read.
    """
    protocol = protocol or ProbeProtocol()
    earlier = [] if untrained is None else probe_layers(agent, untrained, environment, protocol)
    baselines = probe_baselines(environment, protocol) if protocol.pixels else []
    now = probe_layers(agent, state, environment, protocol)
    return tabulate(now + baselines, earlier + baselines, environment, agent)


def tabulate(
    results: list[ProbeResult], untrained: list[ProbeResult], environment: Environment, agent: Agent
) -> list[Row]:
    """Return *results* as rows beside those before learning and blind guessing (one in the number of classes).

    Every row names what *agent* compares with what while it learns, if it can say so (`describe`).
    """
    before = {(r.layer, r.probe): r.accuracy for r in untrained}
    return [
        {
            "probe": result.probe,
            "layer": result.layer,
            "baseline": result.baseline,
            "accuracy": result.accuracy,
            "untrained": before.get((result.layer, result.probe)),
            "chance": 1 / len(environment.classes),
            "protocol": result.protocol,
            "pairs": agent.describe(),
            "n_train": result.n_train,
            "n_test": result.n_test,
            "wall": result.wall,
        }
        for result in results
    ]


FEWEST = 3
"""With fewer classes the accuracy says it all."""


def confusions(results: Sequence[ProbeResult], classes: tuple[str, ...]) -> list[Row]:
    """Return what the first probe confuses in the uppermost layer, and in the best one if that is another.

    A row holds the names of the classes and [class, taken for, examples] of all pairs of classes that there are.
    """
    layers = [r for r in results if r.probe == results[0].probe and r.layer != ALL and not r.baseline]
    if len(classes) < FEWEST or not layers:
        return []
    best = max(reversed(layers), key=lambda r: r.accuracy)  # of equally good ones the uppermost
    return [row(result, classes, result is best) for result in layers if result is best or result is layers[-1]]


def row(result: ProbeResult, classes: tuple[str, ...], best: bool) -> Row:
    """Return the confusions of one result."""
    pairs = torch.nonzero(result.confusion)
    counts = torch.cat((pairs, result.confusion[pairs[:, 0], pairs[:, 1], None]), 1)
    return {
        "probe": result.probe,
        "layer": result.layer,
        "best": best,
        "accuracy": result.accuracy,
        "n_test": result.n_test,
        "protocol": result.protocol,
        "classes": list(classes),
        "counts": counts.tolist(),
    }


def dense(row: Row) -> Int[Tensor, "classes classes"]:
    """Return how many examples of each class (row) were taken for which (column)."""
    counts = torch.zeros(len(row["classes"]), len(row["classes"]), dtype=torch.int64)
    for truth, taken, examples in row["counts"]:
        counts[truth, taken] = examples
    return counts
