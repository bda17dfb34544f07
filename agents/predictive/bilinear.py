"""What rules share whose scores are products of the present with a prediction from the past, u = z . W_pred c."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.agents.layers import Parameters, uniform
from streamsim.agents.rules import ContrastBatch, JointRule, RuleFactors, SideBySide, runs
from streamsim.contracts import require

from .cells import Cells
from .context import ContextualRule
from .dendrite import Retrodiction, Scoring
from .divisive import DivisiveNormalisation, Signal
from .gates import Gate
from .homeostasis import Homeostasis, Usual
from .predictive import PredictiveCredit, Sides, predictive_credit


class BilinearRule(JointRule, ContextualRule):
    """A layer's present is predicted from what is remembered, by a score u = z . W_pred c.

    Args:
        gate: how the scores of pairs become a loss.
        retrodiction: how the remembered frame is credited; None if it is not.
        gain: W_pred and W_retro are drawn from U(-b, b) with b = gain / sqrt(width); 0 starts them at nothing.
        identity: they start as the identity instead, as orthonormal rows or columns between layers.
        rate: factor on the learning rate of W_pred and W_retro.
        homeostasis: z and c are deviations from each unit's usual activity; None for activity as it is.
        cells: what of a map is averaged.
    """

    predicts = True
    normalisation: DivisiveNormalisation | None = None

    def __init__(
        self,
        gate: Gate,
        retrodiction: Retrodiction | None,
        gain: float,
        identity: bool,
        rate: float,
        homeostasis: Homeostasis | None,
        cells: Cells,
    ) -> None:
        name = type(self).__name__
        require(cells.grid >= 1, f"{name}.grid must be at least 1 (got {cells.grid})")
        limited = cells.features is None or cells.features >= 1
        require(limited, f"{name}.features must be at least 1 (got {cells.features})")
        require(
            cells.features is None or cells.grid == 1,
            f"{name}.features chooses the grid of every layer: leave out {name}.grid (got {cells.grid})",
        )
        require(gain >= 0, f"{name}.gain must not be negative (got {gain})")
        require(rate >= 0, f"{name}.rate must not be negative (got {rate})")
        self.gate = gate
        self.credits_past = retrodiction is not None
        self.statistics = frozenset() if homeostasis is None else homeostasis.names
        self.gain = gain
        self.identity = identity
        self.rate = rate
        self.homeostasis = homeostasis
        self._backward = retrodiction
        self._cells = cells
        if retrodiction is not None and retrodiction.own_weights:
            self.non_gradients = frozenset({"past_delta", "retro"})  # W_retro is in no loss but its own

    def parameters(
        self,
        shape: tuple[int, ...],
        predictors: int,
        generator: torch.Generator,
        target: tuple[int, ...] | None = None,
        contexts: Sequence[tuple[int, ...] | None] = (),
    ) -> Parameters:
        """See `ContextualRule.parameters`."""
        width, other = self.width(shape), self.width(target or shape)
        alike = target is None
        weights: Parameters = {}
        for number, context in enumerate(contexts or (None,)):
            source = width if context is None else self.width(context)
            weights[pred(number)] = self.start(predictors, other, source, alike and context is None, generator)
        if self._backward is not None and self._backward.own_weights:
            weights["retro"] = self.start(predictors, width, other, alike, generator)
        return weights | (self.homeostasis.reset(width) if self.homeostasis else {})

    def start(
        self, predictors: int, rows: int, columns: int, alike: bool, generator: torch.Generator
    ) -> Float[Tensor, "predictors rows columns"]:
        """Return W_pred or W_retro as they begin; *alike* where both sides are the same units."""
        if not self.identity:
            return uniform((predictors, rows, columns), self.gain, columns, generator)
        weight = torch.eye(rows) if alike else orthonormal(rows, columns, generator)
        return weight.repeat(predictors, 1, 1)

    def width(self, shape: tuple[int, ...]) -> int:
        """See `Rule.width`."""
        return self._cells.width(shape)

    def read(self, parameters: Parameters, z: Float[Tensor, " streams *out"]) -> Float[Tensor, "streams width"]:
        """Return activity averaged over positions, or over those of each cell, the cells of a map side by side."""
        return self._cells.read(z).to(parameters["pred"].dtype)

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """See `Rule.trainable`."""
        return frozenset(parameters) - self.statistics

    def update_statistics(self, parameters: Parameters, now: Float[Tensor, "streams width"]) -> Parameters:
        """See `Rule.update_statistics`."""
        return self.update_statistics_together([parameters], [now])[0]

    def update_statistics_together(
        self, parameters: Sequence[Parameters], now: Sequence[Float[Tensor, "streams _"]]
    ) -> list[Parameters]:
        """See `Rule.update_statistics_together`."""
        return [{} for _ in now] if self.homeostasis is None else self.homeostasis.update_statistics(parameters, now)

    def normalised(self, parameters: Parameters, readout: Float[Tensor, "*n width"]) -> Float[Tensor, "*n width"]:
        """See `Rule.normalised`."""
        return self.signal([readout], self.usual([parameters])).value

    def usual(self, parameters: Sequence[Parameters]) -> Usual | None:
        """Return what is usual of each unit of some layers, None without homeostasis."""
        return None if self.homeostasis is None else self.homeostasis.usual(parameters)

    def signal(self, readouts: Sequence[Float[Tensor, "*n _"]], usual: Usual | None) -> Signal:
        """Return the *readouts* of some layers as they are compared."""
        layers = SideBySide(tuple(readout.shape[-1] for readout in readouts))
        value, gain, level = torch.cat(list(readouts), -1), None, None  # a copy, so that it may be written over
        if usual is not None:
            mean, gain = usual
            value.sub_(mean).mul_(gain)
        if self.normalisation is not None:
            level = self.normalisation.level(value, layers)
            for own, pooled in zip(layers.split(value), level, strict=True):
                own.div_(pooled[..., None])
        return Signal(value, layers, gain, level, self.normalisation)

    def scoring(self, target: int, source: int) -> Scoring:
        """Return how a prediction of so many units from so many becomes a score."""
        return Scoring()

    def side_by_side(self, parameters: Sequence[Parameters], batches: Sequence[ContrastBatch]) -> list[RuleFactors]:
        """See `JointRule.side_by_side`."""
        usual = self.usual(parameters)
        now, pasts = self.signal([batch.now for batch in batches], usual), self._pasts(batches, usual)
        sign, weight = (pairs.transpose(0, 1) for pairs in (batches[0].sign, batches[0].weight))
        pairs = zip(now.layers.split(now.value), batches, strict=True)
        presents = [own if batch.target is None else batch.target for own, batch in pairs]
        sides = [side for i, past in enumerate(pasts) for side in self._sides(presents, past, parameters, i)]
        found = added(predictive_credit(sides, sign, weight, self._backward, self.gate), len(pasts))
        # what is predicted elsewhere earns nothing here
        delta = [
            own if batch.target is None else torch.zeros_like(batch.now)
            for own, batch in zip(found.delta, batches, strict=True)
        ]
        told = [t.transpose(1, 2) for t in (found.loss, found.active, found.score)]
        shapes = [batch.z.shape[1:] for batch in batches]
        past_delta: Sequence[Tensor | None] = [None] * len(batches)
        if found.past_delta:
            past_delta = [own.transpose(0, 1) for own in self._cells.spread(pasts[0].credit(found.past_delta), shapes)]
        spread = self._cells.spread(now.credit(delta), shapes)
        return [RuleFactors(*own) for own in zip(spread, past_delta, found.products, *told, strict=True)]

    def _pasts(self, batches: Sequence[ContrastBatch], usual: Usual | None) -> list[Signal]:
        """Return what predicts, predictors first, as it is compared: layers' own past, or each of their contexts."""
        if not batches[0].contexts:
            return [self.signal([batch.past.transpose(0, 1) for batch in batches], usual)]
        columns = zip(*(batch.contexts for batch in batches), strict=True)
        return [signal_of([context.transpose(0, 1) for context in contexts]) for contexts in columns]

    def _sides(
        self, presents: Sequence[Tensor], past: Signal, parameters: Sequence[Parameters], number: int
    ) -> list[Sides]:
        """Return what is compared for one of the contexts, layers of one size together."""
        widths = [(own.shape[-1], other) for own, other in zip(presents, past.layers.widths, strict=True)]
        weights = [own if number == 0 else own | {"pred": own[pred(number)]} for own in parameters]
        return [self._beside(presents[run], past.layers.stacked(past.value, run), weights[run]) for run in runs(widths)]

    def _beside(self, presents: Sequence[Tensor], past: Tensor, parameters: Sequence[Parameters]) -> Sides:
        """Return what is compared in layers of one size."""
        z = torch.stack(list(presents)) if len(presents) > 1 else presents[0][None]
        return Sides(z[:, None, None], past, parameters, self.scoring(z.shape[-1], past.shape[-1]))


def pred(number: int) -> str:
    """Return the name of the W_pred of a context."""
    return "pred" if number == 0 else f"pred{number + 1}"


def signal_of(values: Sequence[Float[Tensor, "*n _"]]) -> Signal:
    """Return *values* of some layers that are as they are compared."""
    return Signal(torch.cat(list(values), -1), SideBySide(tuple(value.shape[-1] for value in values)))


def added(found: PredictiveCredit, contexts: int) -> PredictiveCredit:
    """Return what predictions from several *contexts*, one after the other, are worth to each layer together."""
    if contexts == 1:
        return found
    layers = len(found.delta) // contexts
    delta = [sum(found.delta[i::layers][1:], found.delta[i]) for i in range(layers)]
    products = [
        {pred(number): own["pred"] for number, own in enumerate(found.products[i::layers])} for i in range(layers)
    ]
    loss, active, score = (t.reshape(contexts, layers, *t.shape[1:]) for t in (found.loss, found.active, found.score))
    return PredictiveCredit(score.mean(0), loss.sum(0), active.mean(0), delta, [], products)


def orthonormal(rows: int, columns: int, generator: torch.Generator) -> Float[Tensor, "rows columns"]:
    """Return a random matrix whose rows or columns, whichever are fewer, are orthonormal: it keeps angles."""
    tall, wide = max(rows, columns), min(rows, columns)
    basis: Tensor = torch.linalg.qr(torch.randn(tall, wide, generator=generator)).Q
    return basis if rows >= columns else basis.T
