"""Probes: how much a simple classifier can read from frozen features."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from streamsim.contracts import require


@dataclass(frozen=True)
class Outcome:
    """What a probe found.

    Attributes:
        accuracy: share of test examples that were classified correctly, 0 to 1.
        predictions: the class that the probe gave every test example.
    """

    accuracy: float
    predictions: Int[Tensor, " test"]


class Probe(ABC):
    """A classifier of frozen features; deterministic: it draws nothing at random."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Short name, by which tables tell probes apart."""

    @property
    @abstractmethod
    def protocol(self) -> str:
        """What it does, in words that can stand beside a number."""

    @abstractmethod
    def predict(
        self,
        train: Float[Tensor, "train features"],
        labels: Int[Tensor, " train"],
        test: Float[Tensor, "test features"],
        classes: int,
    ) -> Int[Tensor, " test"]:
        """Learn from labelled training features (labels 0 to *classes* - 1) and return the class of every test one."""

    def probe_layers(
        self,
        train: Float[Tensor, "train features"],
        labels: Int[Tensor, " train"],
        test: Float[Tensor, "test features"],
        truth: Int[Tensor, " test"],
        classes: int,
    ) -> Outcome:
        """Learn from labelled training features and return how well the test features are classified."""
        predictions = self.predict(*standardise(train, labels, test), classes).cpu()
        return Outcome(float((predictions == truth.cpu()).double().mean()), predictions)


class LinearProbe(Probe):
    """Multinomial logistic regression: one matrix and one bias, mean cross-entropy plus weight decay on the matrix.

    The problem is convex and is solved by L-BFGS over all training examples at once, so there are no epochs, batches or
    learning rates to tune (the papers stop Adam at 1e-3 after a fixed number of epochs instead).

    Args:
        weight_decay: factor of half the squared weights of standardised features, 0 or more.
        iterations: most L-BFGS steps, at least 1.
    """

    def __init__(self, weight_decay: float = 0.03, iterations: int = 50) -> None:
        usable = 0 <= weight_decay < math.inf
        require(usable, f"LinearProbe.weight_decay must be 0 or more and finite (got {weight_decay})")
        require(iterations >= 1, f"LinearProbe.iterations must be at least 1 (got {iterations})")
        self.weight_decay = weight_decay
        self.iterations = iterations

    @property
    def name(self) -> str:
        """See `Probe.name`."""
        return "linear"

    @property
    def protocol(self) -> str:
        """See `Probe.protocol`."""
        return (
            f"offline linear readout (multinomial logistic regression, standardised features, "
            f"weight decay {self.weight_decay:g}, at most {self.iterations} L-BFGS steps)"
        )

    def predict(
        self,
        train: Float[Tensor, "train features"],
        labels: Int[Tensor, " train"],
        test: Float[Tensor, "test features"],
        classes: int,
    ) -> Int[Tensor, " test"]:
        """See `Probe.predict`."""
        weight, bias = self._fit(train, labels, classes)
        return (test @ weight + bias).argmax(1)

    def _fit(self, x: Tensor, labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
        weight = x.new_zeros(x.shape[1], classes, requires_grad=True)
        bias = x.new_zeros(classes, requires_grad=True)
        solver = torch.optim.LBFGS(
            [weight, bias], max_iter=self.iterations, tolerance_change=1e-7, line_search_fn="strong_wolfe"
        )

        def loss() -> Tensor:
            solver.zero_grad()
            value = functional.cross_entropy(x @ weight + bias, labels) + self.weight_decay / 2 * weight.square().sum()
            value.backward()  # type: ignore[no-untyped-call]
            return value

        solver.step(loss)  # type: ignore[no-untyped-call]
        return weight.detach(), bias.detach()


class NearestNeighbours(Probe):
    """A vote among the training examples whose standardised features point in the most similar direction.

    Args:
        neighbours: how many vote, at least 1; of classes with equally many votes the one with the nearer voters wins.
    """

    def __init__(self, neighbours: int = 10) -> None:
        require(neighbours >= 1, f"NearestNeighbours.neighbours must be at least 1 (got {neighbours})")
        self.neighbours = neighbours

    @property
    def name(self) -> str:
        """See `Probe.name`."""
        return "nearest neighbours"

    @property
    def protocol(self) -> str:
        """See `Probe.protocol`."""
        return f"vote of the {self.neighbours} nearest neighbours (cosine similarity of standardised features)"

    def predict(
        self,
        train: Float[Tensor, "train features"],
        labels: Int[Tensor, " train"],
        test: Float[Tensor, "test features"],
        classes: int,
    ) -> Int[Tensor, " test"]:
        """See `Probe.predict`."""
        remembered = functional.normalize(train).T
        # a thousand at a time: the table of similarities must not grow with the test set
        return torch.cat(
            [self._vote(functional.normalize(x) @ remembered, labels, classes) for x in torch.split(test, 1000)]
        )

    def _vote(self, similarity: Tensor, labels: Tensor, classes: int) -> Tensor:
        nearest = similarity.topk(min(self.neighbours, similarity.shape[1])).indices
        ballot = functional.one_hot(labels[nearest], classes).double()
        # less than one vote in all: it only orders classes that have equally many
        rank = torch.arange(nearest.shape[1], device=ballot.device, dtype=ballot.dtype)
        return torch.einsum("nkc,k->nc", ballot, 1 + 0.5 ** (rank + 2)).argmax(1)


def standardise(
    train: Float[Tensor, "train features"], labels: Int[Tensor, " train"], test: Float[Tensor, "test features"]
) -> tuple[Float[Tensor, "train features"], Int[Tensor, " train"], Float[Tensor, "test features"]]:
    """Return features with mean 0 and deviation 1 over the training examples; constant ones become 0 for good."""
    mean, deviation = train.mean(0), train.std(0, correction=0)
    # rounding leaves a constant feature a deviation of about an ulp of its mean, which must not be blown up to 1
    constant = deviation <= 1e-6 * mean.abs()
    scale = torch.where(constant, 0, 1 / deviation.masked_fill(constant, 1))
    return (train - mean) * scale, labels.to(train.device), (test - mean) * scale
