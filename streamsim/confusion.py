"""What is taken for what: rows of a probe's confusions, sparse because most classes are never confused."""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from .examination import Finding
from .features import ALL
from .rows import Row

FEWEST = 3
"""With fewer classes the accuracy says it all."""


def confusions(findings: Sequence[Finding], classes: tuple[str, ...]) -> list[Row]:
    """Return what the first probe confuses in the uppermost layer, and in the best one if that is another.

    A row holds the names of the classes and [class, taken for, examples] of all pairs of classes that there are.
    """
    layers = [f for f in findings if f.probe == findings[0].probe and f.layer != ALL and not f.baseline]
    if len(classes) < FEWEST or not layers:
        return []
    best = max(reversed(layers), key=lambda f: f.accuracy)  # of equally good ones the uppermost
    return [row(finding, classes, finding is best) for finding in layers if finding is best or finding is layers[-1]]


def row(finding: Finding, classes: tuple[str, ...], best: bool) -> Row:
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
