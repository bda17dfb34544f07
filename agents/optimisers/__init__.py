"""From gradients to weights. The arithmetic is PyTorch's own kernels; the state is plain tensors."""

from .adam import Adam
from .decay import LinearDecay
from .optimiser import Optimiser
from .orthogonal import Orthogonal
from .rmsprop import RMSProp
from .sgd import SGD

__all__ = ["SGD", "Adam", "LinearDecay", "Optimiser", "Orthogonal", "RMSProp"]
