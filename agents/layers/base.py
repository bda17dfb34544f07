"""Layers whose weight gradients are closed forms of what the layer itself saw and did: no autograd, no graph."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor

# Weights of one layer or rule, or what a layer carries from frame to frame.
Parameters: TypeAlias = dict[str, Tensor]

# What a layer keeps of a frame in order to be credited for it later, an eligibility trace in its rawest form.
# "x": the layer's input; "z": its output; whatever else its pool needs. All of one frame, streams first.
Tape: TypeAlias = dict[str, Tensor]


OF_A_FRAME = ("mean", "variance")  # what of a tape is told of all streams together
_FEW = 2**18  # numbers that are copied faster than another pass over a layer starts


class Layer(ABC):
    """The weights of one area.

    Most layers see one frame at a time. A layer with a past of its own says what it keeps (`carried`), defines
    `advance`, and says how far back it sees (`window`, `overlap`).

    Attributes:
        window: how many inputs the layer sees at once, and inputs from one activity to the next; (1, 1) for no window.
        overlap: for a layer over the columns of signals, how many columns of earlier inputs it sees as well.
        rescalable: whether `rescaled` can do what it says.
        recurrent: whether the layer keeps a state of its own.
        keeps_statistics: whether `update_statistics` has anything to return.
        predicts_below: whether what the layer's past is asked to predict is the present of the layer below.
        conducts: whether credit can pass through the layer to the one below: whether it defines `passed`.
    """

    window: tuple[int, int] = (1, 1)
    overlap: int = 0
    rescalable: bool = True
    recurrent: bool = False
    keeps_statistics: bool = False
    predicts_below: bool = False
    conducts: bool = False

    def carried(self, shape: tuple[int, ...], streams: int, learning: bool = True) -> Parameters:
        """Return what the layer keeps from frame to frame before the first one, streams first.

        Args:
            shape: of its inputs.
            streams: how many.
            learning: whether what only credit needs is kept too.
        """
        return {}

    def advance(
        self,
        parameters: Parameters,
        carried: Parameters,
        x: Float[Tensor, " n *shape"],
        goes_on: Bool[Tensor, " n"],
        number: int,
    ) -> tuple[Parameters, Tape | None]:
        """Return what is kept after input *x* and the tape, or None if the layer does not act now.

        Args:
            parameters: the weights.
            carried: what was kept; it is not written into.
            x: the input.
            goes_on: streams whose fixation is that of the last input; in the others what was kept no longer counts.
            number: how many inputs came before this one.
        """
        return carried, self.forward(parameters, x)

    def update_statistics(self, parameters: Parameters, tape: Tape) -> Parameters:
        """Return those of the layer's own quantities that follow activity without a gradient, after this frame."""
        return {}

    def trainable(self, parameters: Parameters) -> frozenset[str]:
        """Return the names of those of *parameters* that gradients change."""
        return frozenset(parameters)

    @abstractmethod
    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of z without the stream axis for inputs of *shape*."""

    @abstractmethod
    def parameters(self, shape: tuple[int, ...], generator: torch.Generator) -> Parameters:
        """Return freshly drawn weights for inputs of *shape*."""

    @abstractmethod
    def forward(self, parameters: Parameters, x: Float[Tensor, " n *shape"]) -> Tape:
        """Return the tape of this layer for input *x*: "x", "z" and what `gradient` needs besides."""

    @abstractmethod
    def preactivation(self, parameters: Parameters, x: Float[Tensor, " n *shape"]) -> Float[Tensor, " n *summed"]:
        """Return the summed input a = W x + b, units first after the stream axis."""

    @abstractmethod
    def rescaled(
        self, parameters: Parameters, scale: Float[Tensor, " units"], shift: Float[Tensor, " units"]
    ) -> Parameters:
        """Return parameters whose summed input is *scale* times the former one plus *shift*, if there is a bias."""

    @abstractmethod
    def gradients(self, parameters: Parameters, tapes: Sequence[Tape], deltas: Sequence[Tensor]) -> Parameters:
        """Return dLoss/d(parameter) for each parameter that is learnt, summed over frames and streams.

        Args:
            parameters: the weights.
            tapes: of the frames to be credited.
            deltas: dLoss/dz of each; may broadcast over positions.
        """

    def gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, " n *out"]) -> Parameters:
        """Return `gradients` of one frame."""
        return self.gradients(parameters, (tape,), (delta,))

    def passed(
        self, parameters: Parameters, tape: Tape, delta: Float[Tensor, " n *out"], through: Tensor | None
    ) -> tuple[Parameters, Tensor]:
        """Return `gradient`, and dLoss/dx of what the layer saw of this frame, for the layer below.

        Args:
            parameters: the weights.
            tape: of the frame to be credited.
            delta: dLoss/dz; may broadcast over positions.
            through: the weights through which credit travels down: `parameters["weight"]` for back-propagation, others
                of that shape for random feedback; None if it need not travel, and *delta* itself is returned.

        Raises:
            NotImplementedError: credit is to travel, but the layer does not conduct.
        """
        if through is not None:
            raise NotImplementedError(f"credit cannot pass through {type(self).__name__}")
        return self.gradient(parameters, tape, delta), delta


class FeedForward(Layer):
    """A layer whose weight gradient is the product of what arrives at its units and what they saw.

    dW_ji = sum of delta_j rho'(a_j) x_i, with delta_j what arrives at unit j (dLoss/dz_j): pre- and postsynaptic
    activity and the unit's own dendrite, no more.
    """

    @abstractmethod
    def frame_gradient(self, parameters: Parameters, tape: Tape, delta: Float[Tensor, " n *out"]) -> Parameters:
        """Return the gradient of each parameter for one frame: `hebbian` of its `preactivation_gradient`."""

    @abstractmethod
    def preactivation_gradient(self, tape: Tape, delta: Float[Tensor, " n *out"]) -> Float[Tensor, " n *summed"]:
        """Return dLoss/da = delta rho'(a), routed to the winners of pooling.

        Args:
            tape: of the frame to be credited.
            delta: dLoss/dz; may broadcast over positions.
        """

    @abstractmethod
    def hebbian(
        self, parameters: Parameters, x: Float[Tensor, " n *shape"], preactivation_gradient: Float[Tensor, " n *summed"]
    ) -> Parameters:
        """Return the gradient of each parameter: *preactivation_gradient* times *x*, over streams and positions."""

    def input_gradient(
        self,
        parameters: Parameters,
        tape: Tape,
        preactivation_gradient: Float[Tensor, " n *summed"],
        through: Float[Tensor, " units *field"],
    ) -> Float[Tensor, " n *shape"]:
        """Return dLoss/dx of a layer that conducts: what arrives at its units, sent back along their inputs.

        dLoss/dx_i = sum of B_ji delta_j rho'(a_j) over the units j that see i, B being *through*.
        """
        raise NotImplementedError(f"credit cannot pass through {type(self).__name__}")

    def passed(
        self, parameters: Parameters, tape: Tape, delta: Float[Tensor, " n *out"], through: Tensor | None
    ) -> tuple[Parameters, Tensor]:
        """See `Layer.passed`."""
        arriving = self.preactivation_gradient(tape, delta)
        gradient = self.hebbian(parameters, tape["x"], arriving)
        return gradient, delta if through is None else self.input_gradient(parameters, tape, arriving, through)

    def rescaled(
        self, parameters: Parameters, scale: Float[Tensor, " units"], shift: Float[Tensor, " units"]
    ) -> Parameters:
        """See `Layer.rescaled`."""
        # feedback, which has the shape of the weight, keeps its proportion to it
        changed = {
            key: parameters[key] * scale.view(-1, *[1] * (parameters[key].ndim - 1))
            for key in ("weight", "feedback")
            if key in parameters
        }
        return changed | ({"bias": parameters["bias"] * scale + shift} if "bias" in parameters else {})

    def gradients(self, parameters: Parameters, tapes: Sequence[Tape], deltas: Sequence[Tensor]) -> Parameters:
        """Return the sum of the gradients of several frames, by whichever of two equal ways is cheaper."""
        if len(tapes) > 1 and sum(t["x"].numel() + t["z"].numel() for t in tapes) < max(
            _FEW, parameters["weight"].numel()
        ):
            return self.frame_gradient(parameters, *_joined(tapes, deltas))
        total = self.frame_gradient(parameters, tapes[0], deltas[0])
        for tape, delta in zip(tapes[1:], deltas[1:], strict=True):
            for key, value in self.frame_gradient(parameters, tape, delta).items():
                total[key] += value
        return total


def _joined(tapes: Sequence[Tape], deltas: Sequence[Tensor]) -> tuple[Tape, Tensor]:
    """Return several frames as one of as many streams more."""
    kept = [key for key in tapes[0] if key not in OF_A_FRAME and all(key in tape for tape in tapes)]
    joined = {key: torch.cat([tape[key] for tape in tapes]) for key in kept}
    return joined, torch.cat([d.expand_as(t["z"]) for d, t in zip(deltas, tapes, strict=True)])
