"""CLAPP: contrastive, local and predictive plasticity (Illing, Ventura, Bellec & Gerstner 2021)."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from streamsim.agents.layers import Parameters, uniform
from streamsim.agents.rules import ContrastBatch, JointRule, RuleFactors, SideBySide, angle, runs
from streamsim.contracts import require

from .dendrite import Retrodiction, Scoring, SharedGate
from .divisive import DivisiveNormalisation, Signal
from .homeostasis import Homeostasis, Usual
from .predictive import Sides, predictive_credit


class CLAPP(JointRule):
    """A layer predicts its own present from its remembered past, during fixations only.

    With z the present activity, c the remembered one (both averaged over space), y = +1 without and -1 after a saccade:
    u = z . W_pred c, loss = max(0, 1 - y u), gamma = y if y u < 1 else 0, and

        dW_ji     = gamma (W_pred c)_j  rho'(a_j)      x_i        now                    (equation 8)
        dW_ji     = gamma (W_retro z)_j rho'(a_j, t-d) x_i, t-d   from the trace         (equation 9)
        dW_pred   = gamma z c^T,  dW_retro = gamma c z^T                                 (equation 10)

    Which variant it is, is decided by the contrasts: one contrast a tick as the stream brings it is CLAPP; a fixation
    and a negative at every tick is CLAPP-s.

    Args:
        retrodiction: how the remembered frame is credited; by default equation 19.
        retrodict: whether remembered frames are credited at all; without, the paper finds 70 % on STL-10.
        gain: W_pred and W_retro are drawn from U(-b, b) with b = gain / sqrt(width); 0 starts them at nothing.
        rate: factor on the learning rate of W_pred and W_retro.
        homeostasis: with it, z and c in the equations above are deviations from each unit's usual activity; the gain
            of that is treated as constant, so that dLoss/dz gets a factor of each unit's own 1 / s.
            None for activity as it is.
        grid: maps are averaged over each cell of a grid of so many by so many; 1 averages over all positions, as the
            paper does for pictures. Illing et al. 2021 flatten the maps of videos, which a grid does where it has as
            many cells as a map has pixels.
    """

    def __init__(
        self,
        retrodiction: Retrodiction = SharedGate(),
        retrodict: bool = True,
        gain: float = 1.0,
        rate: float = 1.0,
        homeostasis: Homeostasis | None = None,
        grid: int = 1,
    ) -> None:
        name = type(self).__name__
        require(grid >= 1, f"{name}.grid must be at least 1 (got {grid})")
        require(gain >= 0, f"{name}.gain must not be negative (got {gain})")
        require(rate >= 0, f"{name}.rate must not be negative (got {rate})")
        self.retrodiction = retrodiction
        self.retrodict = self.credits_past = retrodict
        self.statistics = frozenset() if homeostasis is None else homeostasis.names
        self.gain = gain
        self.rate = rate
        self.homeostasis = homeostasis
        self.grid = grid
        if retrodict and self.retrodiction.own_weights:
            self.non_gradients = frozenset({"past_delta", "retro"})  # W_retro is in no loss but its own

    predicts = True
    normalisation: DivisiveNormalisation | None = None

    def parameters(
        self,
        shape: tuple[int, ...],
        predictors: int,
        generator: torch.Generator,
        target: tuple[int, ...] | None = None,
    ) -> Parameters:
        """See `Rule.parameters`."""
        width, other = self.width(shape), self.width(target or shape)
        alike = target is None
        weights = {"pred": self.start(predictors, other, width, alike, generator)}
        if self.credits_past and self.retrodiction.own_weights:
            weights["retro"] = self.start(predictors, width, other, alike, generator)
        return weights | (self.homeostasis.reset(width) if self.homeostasis else {})

    def start(
        self, predictors: int, rows: int, columns: int, alike: bool, generator: torch.Generator
    ) -> Float[Tensor, "predictors rows columns"]:
        """Return W_pred or W_retro as they begin; *alike* where both sides are the same units."""
        return uniform((predictors, rows, columns), self.gain, columns, generator)

    def width(self, shape: tuple[int, ...]) -> int:
        """See `Rule.width`."""
        channels, *sides = shape
        if self.grid == 1 or len(sides) < 2:
            return channels
        fits = all(side % self.grid == 0 for side in sides)
        require(
            fits,
            f"{type(self).__name__}.grid ({self.grid}) must divide the sides of every layer's maps (got {shape[1:]})",
        )
        return channels * self.grid**2

    def read(self, parameters: Parameters, z: Float[Tensor, " streams *out"]) -> Float[Tensor, "streams width"]:
        """Return activity averaged over positions, or over those of each cell, the cells of a map side by side."""
        if self.grid > 1 and z.ndim == 4:
            mean = F.adaptive_avg_pool2d(z, self.grid).flatten(1)
        else:
            mean = z.flatten(2).mean(-1) if z.ndim > 2 else z
        return mean.to(parameters["pred"].dtype)

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """See `Rule.trainable`."""
        return frozenset(parameters) & {"pred", "retro"}

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
        now = self.signal([batch.now for batch in batches], usual)
        past = self.signal([batch.past.transpose(0, 1) for batch in batches], usual)
        sign, weight = (pairs.transpose(0, 1) for pairs in (batches[0].sign, batches[0].weight))
        pairs = zip(now.layers.split(now.value), batches, strict=True)
        presents = [own if batch.target is None else batch.target for own, batch in pairs]
        widths = [(own.shape[-1], batch.now.shape[-1]) for own, batch in zip(presents, batches, strict=True)]
        sides = [
            self._sides(presents[run], past.layers.stacked(past.value, run), parameters[run]) for run in runs(widths)
        ]
        retrodiction = self.retrodiction if self.credits_past else None
        found = predictive_credit(sides, sign, weight, retrodiction)
        # what is predicted elsewhere earns nothing here
        delta = [
            own if batch.target is None else torch.zeros_like(batch.now)
            for own, batch in zip(found.delta, batches, strict=True)
        ]
        told = [t.transpose(1, 2) for t in (found.surprise.loss, found.surprise.gate.abs(), found.score)]
        past_delta: Sequence[Tensor | None] = [None] * len(batches)
        if found.past_delta:
            past_delta = [own.transpose(0, 1) for own in self._spread(past.credit(found.past_delta), batches)]
        spread = self._spread(now.credit(delta), batches)
        return [RuleFactors(*own) for own in zip(spread, past_delta, found.products, *told, strict=True)]

    def alignments(self, parameters: Parameters) -> Mapping[str, float]:
        """Return the angle between W_pred and W_retro transposed; learning makes them mirror images."""
        if "retro" not in parameters:
            return {}
        return {"W_pred, W_retro^T": angle(parameters["pred"], parameters["retro"].transpose(1, 2))}

    def advice(self) -> tuple[str, ...]:
        """See `Rule.advice`."""
        if self.homeostasis is not None:
            return ()
        return (
            f"{type(self).__name__} learns without homeostasis: activity is never negative, so the scores of all pairs "
            "share a large common part, and learning may silence units instead of teaching them "
            "(rule.homeostasis.ticks 100 sets one)",
        )

    def _sides(self, presents: Sequence[Tensor], past: Tensor, parameters: Sequence[Parameters]) -> Sides:
        """Return what is compared in layers of one size, as it is compared."""
        z = torch.stack(list(presents)) if len(presents) > 1 else presents[0][None]
        return Sides(z[:, None, None], past, parameters, self.scoring(z.shape[-1], past.shape[-1]))

    def _spread(self, deltas: Sequence[Tensor], batches: Sequence[ContrastBatch]) -> list[Tensor]:
        """Return dLoss/dz of some layers from dLoss/d(read-out): every position has an equal share of its mean."""
        cells = [self._cells(batch.z.shape[2:]) for batch in batches]
        shares = torch._foreach_div(list(deltas), [float(math.prod(cell)) for cell in cells])  # pyright: ignore[reportPrivateImportUsage]
        return [self._placed(own, cell) for own, cell in zip(shares, cells, strict=True)]

    def _cells(self, positions: Sequence[int]) -> list[int]:
        """Return the sides of what a number of a read-out is the mean over."""
        return [side // self.grid for side in positions] if len(positions) == 2 else list(positions)

    def _placed(self, share: Tensor, cell: Sequence[int]) -> Tensor:
        """Return a *share* of each number of a read-out at all positions, or where it broadcasts to these."""
        if self.grid > 1 and len(cell) == 2:
            (height, width), grid = cell, self.grid
            maps = share.reshape(*share.shape[:-1], -1, grid, 1, grid, 1).expand(
                *[-1] * share.ndim, -1, height, -1, width
            )
            return maps.reshape(*maps.shape[:-4], grid * height, grid * width)
        return share.view(*share.shape, *[1] * len(cell))
