"""Values that the papers' own code computed (float32), which tests recompute in float64."""

from pathlib import Path

import numpy as np
import pytest
import torch

GOLDEN = Path(__file__).parents[3] / "shared" / "golden"
MARKS = [
    pytest.mark.realdata,
    pytest.mark.skipif(not GOLDEN.is_dir(), reason="the authors' reference values are not beside this checkout"),
]


def load(name):
    with np.load(GOLDEN / f"{name}.npz") as file:
        return {
            key: torch.from_numpy(value).double() if value.dtype.kind == "f" else torch.from_numpy(value)
            for key, value in file.items()
        }


def close(actual, golden, tolerance=1e-5):
    scale = golden.abs().max().clamp_min(1e-12)
    assert float((actual - golden).abs().max() / scale) < tolerance
