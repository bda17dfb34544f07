"""CLAPP with normalised scores: the variant that learns in a stream of few frames."""

import math

from streamsim.contracts import require

from .clapp import CLAPP
from .dendrite import Retrodiction, Scoring, Transposed
from .divisive import DivisiveNormalisation
from .gates import Gate, SurpriseGate
from .homeostasis import Homeostasis


class CosineCLAPP(CLAPP):
    """CLAPP whose score is a cosine, measured against a threshold; W_pred starts as the identity.

    With a = (mean activity - m) / s (`Homeostasis`) of D units, h = a / sqrt(<a^2>) (`DivisiveNormalisation`) for the
    present and c the same for a remembered read-out:

        e = (kappa / D) W_pred c,     u = h . e - theta,     loss = max(0, 1 - y u),     gamma = y if y u < 1 else 0
        dW_ji   = gamma / level [e_j - h_j <h e>] (1 / s_j) rho'(a_j) x_i
        dW_pred = gamma (kappa / D) h c^T

    with y = +1 without and -1 after a saccade, as in `CLAPP`. A synapse needs what it sees, x_i, its unit's rho', usual
    activity, dendrite e_j and activity h_j, and three numbers that are told to the whole layer: the gate gamma, the
    pooled level, and <h e> = (u + theta) / D.

    Why each differs from Illing et al. 2021, who have u = z . W_pred c: deviations from usual activity have scores of
    mean 0, so that unrelated views are as often above 0 as below and negatives cannot be told from positives without
    theta; without the level the rule raises scores by loudness; with W_pred drawn at random or from 0 it learns in
    W_pred what it should learn in its features. By default the present alone is credited.

    Where the past predicts another layer (`GRU.predicts_below`) the units of the two do not correspond, and W_pred,
    which need not be square, starts as a random matrix of orthonormal rows or columns, whichever are fewer; D is then
    the geometric mean of both widths, and what the past earns is what the layer learns from: set *retrodict*.

    Args:
        retrodiction: as in `CLAPP`; by default the gradient of the one loss.
        retrodict: as in `CLAPP`.
        sharpness: kappa, what a cosine of 1 is worth, positive.
        threshold: theta, midway between the margins: predictions of the same thing teach until h . e is 1 + theta,
            those of another until it is theta - 1. Where *sharpness* is less than 1 + theta, even equal views teach.
        identity: whether W_pred and W_retro start as the identity.
        gain: how they are drawn otherwise, as in `CLAPP`.
        rate: factor on the learning rate of W_pred and W_retro.
        homeostasis: as in `CLAPP`.
        normalisation: None compares a as it is.
        grid: as in `CLAPP`.
        features: as in `CLAPP`; None leaves the choice to *grid*.
        gate: as in `CLAPP`.
    """

    knobs = frozenset({"sharpness", "threshold"})

    def __init__(
        self,
        retrodiction: Retrodiction = Transposed(),
        retrodict: bool = False,
        sharpness: float = 2.0,
        threshold: float = 0.7,
        identity: bool = True,
        gain: float = 1.0,
        rate: float = 0.05,
        homeostasis: Homeostasis | None = Homeostasis(),
        normalisation: DivisiveNormalisation | None = DivisiveNormalisation(),
        grid: int = 1,
        features: int | None = None,
        gate: Gate = SurpriseGate(),
    ) -> None:
        require(sharpness > 0, f"CosineCLAPP.sharpness must be positive (got {sharpness})")
        super().__init__(retrodiction, retrodict, gain, rate, homeostasis, grid, features, gate, identity)
        self.sharpness = sharpness
        self.threshold = threshold
        self.normalisation = normalisation
        if normalisation is not None and not normalisation.oja:
            self.non_gradients |= {"delta", "past_delta"} if retrodict else {"delta"}

    def scoring(self, target: int, source: int) -> Scoring:
        """See `CLAPP.scoring`."""
        return Scoring(self.sharpness / math.sqrt(target * source), self.threshold)
