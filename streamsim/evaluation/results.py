"""Judging an agent by its probes, always beside the same network before learning."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from jaxtyping import Int
from torch import Tensor

from streamsim.contracts import Agent, Environment, State, described

from .features import ALL
from .protocol import ProbeProtocol, ProbeResult, probe_baselines, probe_layers
from .score import Score

Row: TypeAlias = dict[str, Any]
"""One line of a JSON lines file."""

Scores: TypeAlias = Mapping[tuple[str, str], Score]
"""Scores by layer and probe."""

CEILING = 0.95
"""A probe that is right so often before learning has too little left to gain to show any."""


@dataclass(frozen=True)
class Controls:
    """What learning is measured against: the same network before it.

    Attributes:
        drawn: scores of the network as drawn from the seed.
        calibrated: scores of the network that has looked but not learned (`Agent.looks`); empty if they are not known.
    """

    drawn: Scores
    calibrated: Scores


def evaluate(
    agent: Agent,
    state: State,
    environment: Environment,
    protocol: ProbeProtocol | None = None,
    drawn: State | None = None,
    calibrated: State | None = None,
) -> list[Row]:
    """Return one row per layer and probe: bottom to top, all layers together, then what needs no learning.

    Args:
        agent: who is probed; it does not learn, and its state is not touched.
        state: its state.
        environment: gives the labelled frames.
        protocol: probes, readout and numbers of examples.
        drawn: its state before the first tick, probed in the same way and put beside it.
        calibrated: its state after the ticks in which it only looks, likewise; *drawn* where there are none.

    Raises:
        DataError: the world has no labels, or no labelled recording can be read.
    """
    asked = protocol or ProbeProtocol()

    def scores(earlier: State | None) -> Scores:
        return {} if earlier is None else scores_of(probe_layers(agent, earlier, environment, asked))

    first = scores(drawn)
    controls = Controls(first, scores(calibrated) if agent.looks or drawn is None else first)
    baselines = probe_baselines(environment, asked) if asked.pixels else []
    return tabulate(probe_layers(agent, state, environment, asked) + baselines, controls, agent)


def scores_of(results: Iterable[ProbeResult]) -> Scores:
    """Return the scores of *results* by layer and probe."""
    return {(result.layer, result.probe): result.score for result in results}


def tabulate(results: Iterable[ProbeResult], controls: Controls, agent: Agent) -> list[Row]:
    """Return *results* as rows beside the same network before learning, and blind guessing.

    Every row names what *agent* compares with what while it learns, if it can say so, and whether it is told labels.
    """
    return [_row(result, controls, agent) for result in results]


def _row(result: ProbeResult, controls: Controls, agent: Agent) -> Row:
    drawn, before = (_comparable(scores, result) for scores in (controls.drawn, controls.calibrated))
    return {
        "probe": result.probe,
        "layer": result.layer,
        "baseline": result.baseline,
        "drawn": None if drawn is None else drawn.accuracy,
        "calibrated": None if before is None else before.accuracy,
        "accuracy": result.accuracy,
        "error": result.score.error,
        "gain_error": None if before is None else result.score.error_of_gain(before),
        "ceiling": before is not None and at_ceiling(before),
        "chance": commonest(result.confusion),
        "protocol": result.protocol,
        "pairs": described(agent),
        "looks": agent.looks,
        "n_train": result.n_train,
        "n_test": result.n_test,
        "n_clusters": len(result.score.sizes),
        "wall": result.wall,
    }


def _comparable(scores: Scores, result: ProbeResult) -> Score | None:
    """Return the earlier score of the same examples; a recording may have become unreadable since."""
    earlier = scores.get((result.layer, result.probe))
    return earlier if earlier is not None and torch.equal(earlier.sizes, result.score.sizes) else None


def at_ceiling(before: Score) -> bool:
    """Tell whether what is left to gain is at most 5 %, or within two standard errors, so that no gain could show."""
    return 1 - before.accuracy <= max(1 - CEILING, 2 * (before.error or 0.0))


def gain(row: Row) -> float | None:
    """Return what learning added to the calibrated network, as a share of the test examples; None if not known."""
    before: float | None = row["calibrated"]
    return None if before is None else row["accuracy"] - before


def ceiling(rows: Iterable[Row]) -> str:
    """Return a sentence on layers in which a probe can show no gain, nothing if there are none; *rows* are of one."""
    layers = [row["layer"] for row in rows if row["ceiling"]]
    if not layers:
        return ""
    return (
        f"The probe is at its ceiling before learning in {', '.join(layers)}: at most {100 * (1 - CEILING):.0f} %, or "
        "two standard errors, are left to gain there, so that it cannot tell what is learned."
    )


def commonest(confusion: Int[Tensor, "classes classes"]) -> float:
    """Return the share of the commonest class (row): chance, for so often one is right by always naming it.

    Never less than one in the number of classes.
    """
    return int(confusion.sum(1).amax()) / max(1, int(confusion.sum()))


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
