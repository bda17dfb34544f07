"""Seeds are the only door for randomness: every part draws from a generator of its own, a tensor in its state."""

import hashlib

import torch
from torch import Tensor


def derive(seed: int, *names: str) -> int:
    """Return a 63-bit seed for the part called *names*, the same on every machine and for every Python."""
    text = "/".join((str(seed), *names)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def generator_for(seed: int, *names: str) -> torch.Generator:
    """Return a fresh CPU generator for what the part called *names* draws once."""
    return torch.Generator().manual_seed(derive(seed, *names))


def generator_state(seed: int) -> Tensor:
    """Return the state of a fresh CPU generator, to be kept in a `State`."""
    return torch.Generator().manual_seed(seed).get_state()


def generator_from(state: Tensor) -> torch.Generator:
    """Return a CPU generator that continues from *state*; store its `get_state()` back after drawing."""
    generator = torch.Generator()
    generator.set_state(state)
    return generator
