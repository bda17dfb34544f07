"""How many test examples were classified correctly, and how sure that number is."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class Score:
    """The outcome of a test, cluster by cluster.

    A cluster is what was drawn independently of all others: a picture, an utterance, a clip. The ticks of one utterance
    are one cluster.

    Attributes:
        right: test examples of each cluster that were classified correctly.
        sizes: test examples of each cluster, at least 1.
    """

    right: Int[Tensor, " clusters"]
    sizes: Int[Tensor, " clusters"]

    @property
    def accuracy(self) -> float:
        """Share of the test examples classified correctly, 0 to 1."""
        return int(self.right.sum()) / int(self.sizes.sum())

    @property
    def error(self) -> float | None:
        """Standard error of the accuracy; None where a single cluster was tested, which cannot tell."""
        return standard_error(self.right, self.sizes)

    def error_of_gain(self, before: "Score") -> float | None:
        """Return the standard error of the gain over *before*, in which the same examples were tested."""
        return standard_error(self.right - before.right, self.sizes)


def score_of(right: Int[Tensor, " examples"], cluster: Int[Tensor, " examples"]) -> Score:
    """Return the score of examples that were *right* (1) or wrong (0), each of the *cluster* of this number."""
    _, place, sizes = torch.unique(cluster, return_inverse=True, return_counts=True)
    return Score(torch.zeros_like(sizes).index_add(0, place, right), sizes)


def standard_error(values: Int[Tensor, " clusters"], sizes: Int[Tensor, " clusters"]) -> float | None:
    """Return the standard error of the mean of examples that come in clusters, sqrt(sum_u (v_u - m n_u)^2) / N.

    v_u is the sum over a cluster (*values*), n_u its examples (*sizes*), N = sum_u n_u, m = sum_u v_u / N (Cochran,
    "Sampling Techniques", 1977, section 3.12: proportions in cluster sampling, for many clusters). Where every example
    is a cluster and a value 0 or 1, this is sqrt(m (1 - m) / N).
    """
    if len(sizes) < 2:
        return None
    total = int(sizes.sum())
    mean = int(values.sum()) / total
    return float((values.double() - mean * sizes).square().sum().sqrt()) / total
