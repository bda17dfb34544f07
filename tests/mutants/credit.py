"""Mutants of credit in space."""

from .mutant import Mutant

CHAIN_FILE = "tests/agents/credit/test_chain.py"
TARGETS_FILE = "tests/agents/credit/test_targets.py"
INPUT = ("tests/agents/layers/test_input_gradient.py",)
ALGORITHM = (f"{TARGETS_FILE}::test_updates_of_layers_and_inverses_are_those_of_the_algorithm",)

MUTANTS = [
    Mutant(
        "conv: sends back along other weights",
        "agents/layers/conv.py",
        "through, preactivation_gradient, _INPUT",
        'parameters["weight"], preactivation_gradient, _INPUT',
        INPUT,
    ),
    Mutant(
        "conv: normalisation left out on the way down",
        "agents/layers/conv.py",
        "through = through * self.norm.scale(parameters).view(-1, 1, 1, 1)",
        "pass",
        INPUT,
    ),
    Mutant(
        "causal: credits what it kept",
        "agents/layers/causal.py",
        "heard[..., self.overlap :]",
        "heard[..., : preactivation_gradient.shape[2] * self.stride]",
        INPUT,
    ),
    Mutant(
        "layer: derivative left out on the way down",
        "agents/layers/base.py",
        "self.input_gradient(parameters, tape, arriving, through)",
        "self.input_gradient(parameters, tape, delta, through)",
        INPUT,
    ),
    Mutant(
        "chain: weight transport in place of random feedback",
        "agents/credit/chain.py",
        'self.feedback.weight(weights, "weight")',
        'weights["weight"]',
        (f"{CHAIN_FILE}::test_random_feedback_takes_the_place_of_the_weights_on_the_way_down",),
    ),
    Mutant(
        "chain: feedback never learns",
        "agents/credit/chain.py",
        'return self.learns and "feedback" in weights',
        "return False",
        (f"{CHAIN_FILE}::test_only_updated_feedback_changes_and_by_what_changes_the_weights",),
    ),
    Mutant(
        "chain: remembered frames left out",
        "agents/credit/chain.py",
        "for lag, deltas in found.arrivals.items():",
        "for lag, deltas in ():",
        (f"{CHAIN_FILE}::test_remembered_frames_are_credited_through_what_layers_did_then",),
    ),
    Mutant(
        "chain: credit passes between modules",
        "agents/credit/chain.py",
        "            delta = deltas[module[-1]]\n",
        '            delta = deltas[module[-1]] * (1 + deltas.get("layer3", deltas[module[-1]]).mean())\n',
        (f"{CHAIN_FILE}::test_no_credit_passes_between_modules",),
    ),
    Mutant(
        "targets: inverses learn too late",
        "agents/credit/targets.py",
        "for _ in range(self.steps):",
        "for _ in range(0):",
        ALGORITHM,
    ),
    Mutant("targets: no difference", "agents/credit/targets.py", " - inverses[name].apply(own, z)\n", "\n", ALGORITHM),
    Mutant("targets: half of the loss", "agents/credit/targets.py", "(-2 / streams)", "(-1 / streams)", ALGORITHM),
    Mutant(
        "targets: for all streams together",
        "agents/credit/targets.py",
        'kept["inverses"], delta * streams)',
        'kept["inverses"], delta)',
        (f"{TARGETS_FILE}::test_a_target_is_for_a_stream_however_many_there_are",),
    ),
    Mutant(
        "inverse: derivative dropped",
        "agents/credit/inverses.py",
        "self.activation.backward((made - x) * (2 * share), made)",
        "(made - x) * (2 * share)",
        (TARGETS_FILE,),
    ),
]
