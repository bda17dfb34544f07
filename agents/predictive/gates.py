"""From the scores of pairs to a loss, and to how much each of them teaches."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch

from .dendrite import Pairs, Scores, gate, judge


class Verdict(NamedTuple):
    """What the scores of pairs amount to.

    Attributes:
        loss: of each pair, without its weight.
        active: 1 where a pair was not predicted well enough, else 0.
        slope: dLoss/du of the weighted sum of all losses.
    """

    loss: Scores
    active: Scores
    slope: Scores


class Gate(ABC):
    """Which pairs teach: how the score u of each becomes a loss."""

    @abstractmethod
    def judge(self, score: Scores, sign: Pairs, weight: Pairs) -> Verdict:
        """Return what pairs of this *score*, *sign* y and *weight* amount to."""

    def slope(self, score: Scores, sign: Pairs, weight: Pairs) -> Scores:
        """Return dLoss/du alone."""
        return self.judge(score, sign, weight).slope


class SurpriseGate(Gate):
    """Only what surprises teaches: loss max(0, 1 - y u), gamma = y if y u < 1 else 0.

    This is equation 5 of Illing et al. 2021.
    """

    def judge(self, score: Scores, sign: Pairs, weight: Pairs) -> Verdict:
        """See `Gate.judge`."""
        surprise = judge(score, sign)
        return Verdict(surprise.loss, surprise.gate.abs(), -surprise.gate * weight)

    def slope(self, score: Scores, sign: Pairs, weight: Pairs) -> Scores:
        """See `Gate.slope`."""
        return -gate(score, sign) * weight


class OpenGate(Gate):
    """Every pair teaches, however well it was predicted: gamma = y, loss 1 - y u.

    The surprise bit of Illing et al. 2021 is taken away, the saccade bit is left. Nothing then bounds scores, and the
    loss may fall below 0.
    """

    def judge(self, score: Scores, sign: Pairs, weight: Pairs) -> Verdict:
        """See `Gate.judge`."""
        return Verdict(1 - sign * score, torch.ones_like(score), self.slope(score, sign, weight))

    def slope(self, score: Scores, sign: Pairs, weight: Pairs) -> Scores:
        """See `Gate.slope`."""
        return (-sign * weight).expand_as(score)
