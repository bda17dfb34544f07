"""What a layer keeps of a frame in order to be credited for it later: an eligibility trace in its rawest form."""

from typing import TypeAlias

from torch import Tensor

# "x": the layer's input; "z": its output; whatever else its pool needs. All of one frame, streams first.
Tape: TypeAlias = dict[str, Tensor]
