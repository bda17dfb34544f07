"""Numbers of double precision to compute with, and what counts as equal among them."""

import torch

TOLERANCE = 1e-10


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(actual, expected):
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    assert float((actual - expected).abs().max()) < TOLERANCE
