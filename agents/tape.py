"""What layers have and what they leave behind, as plain tensors by name."""

from typing import TypeAlias

from torch import Tensor

# Weights of one layer or rule, or what a layer carries from frame to frame.
Parameters: TypeAlias = dict[str, Tensor]

# What a layer keeps of a frame in order to be credited for it later, an eligibility trace in its rawest form.
# "x": the layer's input; "z": its output; whatever else its pool needs. All of one frame, streams first.
Tape: TypeAlias = dict[str, Tensor]
