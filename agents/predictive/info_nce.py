"""InfoNCE: the present is told from what it is not by a softmax over memories (van den Oord et al. 2018)."""

import torch

from .bilinear import BilinearRule
from .cells import Cells
from .dendrite import Pairs, Scores, Transposed
from .gates import Gate, Verdict
from .homeostasis import Homeostasis


def info_nce(score: Scores, sign: Pairs, weight: Pairs) -> Verdict:
    """Return the softmax cross-entropy of each positive among all negatives: -log(e^u+ / (e^u+ + sum over - of e^u)).

    Candidates lie on the axis before the last, what they are candidates for on all others. With n = log of the sum over
    negatives of e^u and r = sigmoid(n - u+), the share of the negatives, dLoss/du+ = -r and dLoss/du- = r e^(u - n). No
    positive sees another. What made the scores is of no account: in CPC one context and many later activities, here one
    present and many memories.

    Args:
        score: u of every candidate.
        sign: +1 for positives, -1 for negatives.
        weight: share of each positive in the loss; of a negative only counts whether it has any.

    Returns:
        Losses of positives, 0 for negatives; active where one of the other kind, of some weight, scores as high or
        higher.
    """
    is_positive, counts = sign > 0, weight > 0
    # what is no negative is as little as a number can be, so that no difference of infinities arises
    negative = torch.where(~is_positive & counts, score, torch.finfo(score.dtype).min / 2)
    ahead = negative.logsumexp(-2, keepdim=True) - score
    loss = torch.where(is_positive, torch.logaddexp(ahead, torch.zeros_like(ahead)), 0)
    risk = torch.where(is_positive, weight * torch.sigmoid(ahead), 0)
    slope = negative.softmax(-2) * risk.sum(-2, keepdim=True) - risk
    best = negative.amax(-2, keepdim=True)
    worst = torch.where(is_positive & counts, score, torch.inf).amin(-2, keepdim=True)
    active = torch.where(is_positive, score <= best, score >= worst).to(score.dtype)
    return Verdict(loss, active, slope)


class Softmax(Gate):
    """Every memory teaches as far as it is taken for what is seen now; see `info_nce`."""

    def judge(self, score: Scores, sign: Pairs, weight: Pairs) -> Verdict:
        """See `Gate.judge`."""
        return info_nce(score, sign, weight)


class InfoNCE(BilinearRule):
    """A layer tells the memory of what it sees now from memories of other things, by a softmax over their scores.

    With z the present activity, c+ a memory of the present fixation and c- memories of other things, all of one age and
    averaged over space: u = z . W_pred c, loss = -log(e^u+ / (e^u+ + sum over c- of e^u-)), p the softmax and

        dW_ji   = (W_pred (c+ - sum over all c of p(c) c))_j rho'(a_j) x_i      now
        dW_pred = z (c+ - sum over all c of p(c) c)^T

    In each layer by itself this is layer-wise GIM (Löwe, O'Connor & Veeling 2019), end to end it is CPC. A stream
    learns where it has memories of both kinds for one predictor, as from `OwnMemory` (negative 0) beside `PeerMemory`
    (paired); without a positive or without a negative the loss is 0. Negatives count alike, whatever their weights.

    The published code of GIM contrasts the other way round: one context with its later activity and with later
    activities of other things, u = z . W c over several z. That asks for several presents at a time, which a stream
    does not have; so here one present is contrasted with several memories. With W transposed it is one formula. The
    papers credit both sides, which *retrodict* does with W_pred transposed, the gradient of the one loss.

    Args:
        retrodict: whether remembered frames are credited too.
        gain: W_pred is drawn from U(-b, b) with b = gain / sqrt(width); 0 starts it at nothing.
        rate: factor on the learning rate of W_pred.
        homeostasis: as in `CLAPP`. What is common to all memories drops out of a softmax by itself.
        grid: as in `CLAPP`.
        features: as in `CLAPP`; None leaves the choice to *grid*.
    """

    needs_both = True

    def __init__(
        self,
        retrodict: bool = False,
        gain: float = 1.0,
        rate: float = 1.0,
        homeostasis: Homeostasis | None = None,
        grid: int = 1,
        features: int | None = None,
    ) -> None:
        cells, backward = Cells(type(self).__name__, grid, features), Transposed() if retrodict else None
        super().__init__(Softmax(), backward, gain, False, rate, homeostasis, cells)
        self.retrodict = retrodict
        self.grid = grid
        self.features = features
