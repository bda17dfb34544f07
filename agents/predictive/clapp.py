"""CLAPP: contrastive, local and predictive plasticity (Illing, Ventura, Bellec & Gerstner 2021)."""

from collections.abc import Mapping

from streamsim.agents.layers import Parameters
from streamsim.agents.rules import angle

from .bilinear import BilinearRule
from .cells import Cells
from .dendrite import Retrodiction, SharedGate
from .gates import Gate, SurpriseGate
from .homeostasis import Homeostasis


class CLAPP(BilinearRule):
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
        retrodict: whether remembered frames are credited at all. Without, the score is z . W_pred sg(c), the paper's
            naive block of the gradient (equation 15), for which it finds 70 % on STL-10.
        gain: W_pred and W_retro are drawn from U(-b, b) with b = gain / sqrt(width); 0 starts them at nothing.
        rate: factor on the learning rate of W_pred and W_retro.
        homeostasis: with it, z and c in the equations above are deviations from each unit's usual activity; the gain
            of that is treated as constant, so that dLoss/dz gets a factor of each unit's own 1 / s.
            None for activity as it is.
        grid: maps are averaged over each cell of a grid of so many by so many; 1 averages over all positions, as the
            paper does for pictures. Illing et al. 2021 flatten the maps of videos, which a grid does where it has as
            many cells as a map has pixels.
        features: in place of *grid*: each layer has the finest grid whose read-out has no more numbers than this. With
            8192, VGG-6 and pictures of 96 pixels this is the spatial dependence of CLAPP++ (zihan-wu/local-SSL). None
            leaves the choice to *grid*.
        gate: which pairs teach; by default those that surprise.
        identity: whether W_pred and W_retro start as the identity instead; with a *rate* of 0 the present is compared
            with the past itself, and nothing predicts.
    """

    def __init__(
        self,
        retrodiction: Retrodiction = SharedGate(),
        retrodict: bool = True,
        gain: float = 1.0,
        rate: float = 1.0,
        homeostasis: Homeostasis | None = None,
        grid: int = 1,
        features: int | None = None,
        gate: Gate = SurpriseGate(),
        identity: bool = False,
    ) -> None:
        cells = Cells(type(self).__name__, grid, features)
        super().__init__(gate, retrodiction if retrodict else None, gain, identity, rate, homeostasis, cells)
        self.retrodiction = retrodiction
        self.retrodict = retrodict
        self.grid = grid
        self.features = features

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
