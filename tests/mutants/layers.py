"""Mutants of layers."""

from .mutant import Mutant

LAYERS = ("tests/agents/layers/test_layers.py",)
NORMALISATION = ("tests/agents/layers/test_normalisation.py",)
IN_TIME_FILE = "tests/agents/encoders/test_in_time.py"

MUTANTS = [
    Mutant(
        "layer: slope of the nonlinearity dropped",
        "agents/layers/response.py",
        "torch.ops.aten.threshold_backward(delta.expand_as(z), z, 0)",
        "delta.expand_as(z)",
        LAYERS,
    ),
    Mutant(
        "layer: average pool without its share",
        "agents/layers/response.py",
        'delta.expand_as(tape["z"]) / self.size**2',
        'delta.expand_as(tape["z"])',
        LAYERS,
    ),
    Mutant(
        "causal: hears across a saccade",
        "agents/layers/causal.py",
        'kept_where(goes_on, carried["window"])',
        'carried["window"]',
        (f"{IN_TIME_FILE}::test_pieces_of_a_signal_give_what_the_whole_signal_gives",),
    ),
    Mutant(
        "window: sees across a saccade",
        "agents/layers/window.py",
        'kept_where(goes_on, carried["window"])',
        'carried["window"]',
        (f"{IN_TIME_FILE}::test_what_a_whole_layer_sees_is_all_of_its_fixation",),
    ),
    Mutant(
        "norm: mean is not taken away",
        "agents/layers/normalisation.py",
        'shift = -parameters["mean"]',
        'shift = 0 * parameters["mean"]',
        NORMALISATION,
    ),
    Mutant(
        "norm: gradient without the scale",
        "agents/layers/conv.py",
        "weight = weight * self.norm.scale",
        "weight = weight + 0 * self.norm.scale",
        NORMALISATION,
    ),
    Mutant(
        "layer: max pool hears the losers",
        "agents/layers/response.py",
        'torch.ops.aten.max_unpool2d(gated, tape["winners"], shape)',
        "gated.repeat_interleave(self.stride, -2).repeat_interleave(self.stride, -1)",
        LAYERS,
    ),
    Mutant(
        "layer: Hardtanh learns beyond its bounds",
        "agents/layers/response.py",
        "torch.ops.aten.hardtanh_backward(delta.expand_as(z), z, -1.0, 1.0)",
        "delta.expand_as(z)",
        LAYERS,
    ),
    Mutant(
        "linear: bias does not learn",
        "agents/layers/linear.py",
        "preactivation_gradient.sum(0)",
        "0 * preactivation_gradient.sum(0)",
        LAYERS,
    ),
    Mutant(
        "conv: bias does not learn",
        "agents/layers/conv.py",
        "preactivation_gradient.sum((0, 2, 3))",
        "0 * preactivation_gradient.sum((0, 2, 3))",
        LAYERS,
    ),
]
