"""Whose past predicts a layer's present: its own, or that of a layer above."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch

from streamsim.agents.layers import Parameters
from streamsim.agents.rules import Rule


class ContextualRule(Rule):
    """A rule that can be given the remembered read-outs of other layers (`ContrastBatch.contexts`) as the past."""

    @abstractmethod
    def parameters(
        self,
        shape: tuple[int, ...],
        predictors: int,
        generator: torch.Generator,
        target: tuple[int, ...] | None = None,
        contexts: Sequence[tuple[int, ...] | None] = (),
    ) -> Parameters:
        """Return what `Rule.parameters` does for a layer that is predicted from the past of some *contexts*.

        These are the shapes of their outputs, None for the layer itself.
        """


class Context(ABC):
    """Chooses the layers whose remembered read-outs predict the present of a layer.

    Memory holds the read-outs of chosen layers only. Credit goes to the layer that is predicted, in the present.

    Attributes:
        foreign: whether that is ever another layer than the one predicted.
    """

    foreign: bool = True

    @abstractmethod
    def sources(self, number: int, layers: int) -> tuple[int, ...]:
        """Return the numbers of the layers that predict layer *number* of *layers*, each by a loss of its own."""

    @abstractmethod
    def describe(self) -> str:
        """Return in words whose past predicts; every result names it. Empty for a layer's own."""


class OwnLayer(Context):
    """A layer is predicted from its own past (Illing et al. 2021)."""

    foreign = False

    def sources(self, number: int, layers: int) -> tuple[int, ...]:
        """See `Context.sources`."""
        return (number,)

    def describe(self) -> str:
        """See `Context.describe`."""
        return ""


class LayerAbove(Context):
    """A layer is predicted from the past of the one above it, the uppermost from its own (Illing et al. 2021).

    The paper finds 72.4 % on STL-10 with it, and 75.0 % with a layer's own past (CLAPP-s).
    """

    def sources(self, number: int, layers: int) -> tuple[int, ...]:
        """See `Context.sources`."""
        return (min(number + 1, layers - 1),)

    def describe(self) -> str:
        """See `Context.describe`."""
        return "layers are predicted from the past of the layer above"


class TopLayer(Context):
    """All layers are predicted from the past of the uppermost: the direct feedback of CLAPP++.

    Nothing but the read-outs of the uppermost layer is remembered.
    """

    def sources(self, number: int, layers: int) -> tuple[int, ...]:
        """See `Context.sources`."""
        return (layers - 1,)

    def describe(self) -> str:
        """See `Context.describe`."""
        return "layers are predicted from the past of the uppermost layer"


class OwnAndTopLayer(Context):
    """A layer is predicted from its own past and from that of the uppermost layer, by two losses that are added.

    This is CLAPP++ with both: each loss has a W_pred of its own, in the uppermost layer too.
    """

    def sources(self, number: int, layers: int) -> tuple[int, ...]:
        """See `Context.sources`."""
        return (number, layers - 1)

    def describe(self) -> str:
        """See `Context.describe`."""
        return "layers are predicted from their own past and from that of the uppermost layer"
