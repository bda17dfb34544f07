"""Mutants of the tick."""

from .mutant import Mutant

LIKENESS = ("tests/agents/learning/test_likeness.py",)
FAULTS = ("tests/agents/learning/test_faults.py",)
CREDIT = ("tests/agents/credit/test_past.py",)
OPTIMISERS = ("tests/agents/optimisers/test_optimisers.py",)
STREAM_FILE = "tests/agents/learning/test_stream.py"
LEARNER_FILE = "tests/agents/learning/test_learner.py"
IN_TIME_FILE = "tests/agents/encoders/test_in_time.py"

MUTANTS = [
    Mutant(
        "memory: written before recall",
        "agents/memory/recollection.py",
        "            number, recall = glimpse.tick // group.every, None\n",
        "            number, recall = glimpse.tick // group.every, None\n"
        '            self.memory.write(memory, number, memory["values"][0] + 1, glimpse.saccade)\n',
        (f"{STREAM_FILE}::test_own_anchors_of_any_age_are_what_the_equations_say",),
    ),
    Mutant(
        "credit: remembered frames left out",
        "agents/credit/past.py",
        "*arrivals.values(), strict=True",
        "strict=True",
        CREDIT,
    ),
    Mutant("credit: gathered without prediction", "agents/credit/past.py", "delta.clone()", "delta * 0", CREDIT),
    Mutant(
        "credit: gathered without retrodiction",
        "agents/credit/past.py",
        "torch._foreach_add_(credits, arriving)",
        "pass",
        CREDIT,
    ),
    Mutant(
        "learner: lags exchanged",
        "agents/credit/past.py",
        "{lag: own[lag] for",
        "{lag: own[lags[0]] for",
        (f"{IN_TIME_FILE}::test_a_learner_credits_windows_and_traces_as_autograd_does",),
    ),
    Mutant(
        "learner: rate of the rule ignored",
        "agents/learning/updates.py",
        "zip(GROUPS, (1.0, rate), strict=True)",
        "zip(GROUPS, (1.0, 1.0), strict=True)",
        (f"{LEARNER_FILE}::test_a_rate_of_zero_keeps_the_rules_own_weights",),
    ),
    Mutant(
        "learner: sum over ticks and not mean",
        "agents/learning/updates.py",
        "totals, found, alpha=1 / self.every)",
        "totals, found)",
        OPTIMISERS,
    ),
    Mutant(
        "learner: gradients not forgotten",
        "agents/learning/updates.py",
        'torch._foreach_zero_([total for _, total in leaves(state["gradients"])])',
        "pass",
        OPTIMISERS,
    ),
    Mutant(
        "schedule: greedy a layer too far",
        "agents/learning/schedules.py",
        "min(tick // self.ticks, layers - 1)",
        "min(tick // self.ticks + 1, layers - 1)",
        (f"{LEARNER_FILE}::test_a_schedule_updates_the_layers_it_chooses_and_no_other",),
    ),
    Mutant(
        "updates: outer products of the last ticks are lost",
        "agents/learning/updates.py",
        "        if count:",
        "        if count > 15:",
        (f"{IN_TIME_FILE}::test_outer_products_that_are_summed_late_are_summed_in_time",),
    ),
    Mutant(
        "optimiser: Adam ignores the rule's rate",
        "agents/optimisers/adam.py",
        ("            lr=self.learning_rate * rate,\n            weight_decay=0.0,\n            eps=self.epsilon,"),
        ("            lr=self.learning_rate,\n            weight_decay=0.0,\n            eps=self.epsilon,"),
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: SGD ignores the rule's rate",
        "agents/optimisers/sgd.py",
        "            lr=self.learning_rate * rate,\n            dampening",
        "            lr=self.learning_rate,\n            dampening",
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: SGD without momentum",
        "agents/optimisers/sgd.py",
        "momentum=self.momentum,\n            lr",
        "momentum=0.0,\n            lr",
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: RMSProp forgets at another pace",
        "agents/optimisers/rmsprop.py",
        "alpha=self.alpha,",
        "alpha=0.5,",
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: nothing is projected out",
        "agents/optimisers/orthogonal.py",
        "/ square, value=-1)",
        "/ square, value=0)",
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: the mean holds this gradient already when it is projected out",
        "agents/optimisers/orthogonal.py",
        '[_orthogonal(gradient, own["usual"]) for',
        '[_orthogonal(gradient, own["usual"].lerp(gradient, 1 - self.beta)) for',
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: the mean is of what was stepped along",
        "agents/optimisers/orthogonal.py",
        "for gradient, own in zip(gradients, kept, strict=True):",
        "for gradient, own in zip(new, kept, strict=True):",
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: the wrapped one forgets",
        "agents/optimisers/orthogonal.py",
        '"usual": torch.zeros_like(parameter), "step": self.optimiser.reset(parameter)',
        '"usual": torch.zeros_like(parameter), "step": {}',
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: steps fall below the last share",
        "agents/optimisers/decay.py",
        "min(count / self.updates, 1)",
        "count / self.updates",
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: steps fall by the count of the first weight",
        "agents/optimisers/decay.py",
        "for count in sorted(set(counts)):",
        "for count in sorted(set(counts))[:1]:",
        OPTIMISERS,
    ),
    Mutant(
        "likeness: empty slots are counted",
        "agents/learning/comparison.py",
        "counted = recall.weight > 0",
        "counted = recall.weight >= 0",
        LIKENESS,
    ),
    Mutant(
        "likeness: what is usual is left in",
        "agents/learning/comparison.py",
        "(self.rule.normalised(parameters[name], x) for",
        "(x for",
        LIKENESS,
    ),
    Mutant(
        "likeness: same and other exchanged",
        "agents/learning/comparison.py",
        "(counted & recall.same, counted & ~recall.same)",
        "(counted & ~recall.same, counted & recall.same)",
        LIKENESS,
    ),
    Mutant(
        "schedule: always the same layer",
        "agents/learning/schedules.py",
        "layer = int(torch.randint(layers, (), generator=generator))",
        "layer = 0",
        (f"{LEARNER_FILE}::test_a_schedule_updates_the_layers_it_chooses_and_no_other",),
    ),
    Mutant(
        "updates: not counted",
        "agents/learning/updates.py",
        "[name in names for name in self.names]",
        "[False for name in self.names]",
        OPTIMISERS,
    ),
    Mutant(
        "updates: rule's factors multiplied the wrong way round",
        "agents/learning/updates.py",
        "product.left.mT @ product.right",
        "(product.right.mT @ product.left).mT * -1",
        (f"{STREAM_FILE}",),
    ),
    Mutant(
        "schedule: counts updates",
        "agents/learning/plasticity.py",
        "self.schedule.active(number,",
        "self.schedule.active(number // self.every,",
        FAULTS,
    ),
    Mutant(
        "calibration: looks without usual activity",
        "agents/learning/comparison.py",
        "        if self.rule.statistics:",
        "        if False:",
        FAULTS,
    ),
    Mutant(
        "calibration: statistics outlive a rescaling",
        "agents/learning/calibration.py",
        "torch.zeros_like(own[key]) for key",
        "own[key] for key",
        FAULTS,
    ),
    Mutant(
        "calibration: read-outs are stored as they were",
        "agents/memory/recollection.py",
        "[now * factors[name] if name in factors else now for",
        "[now for",
        (LEARNER_FILE,),
    ),
    Mutant(
        "layers: frames joined in another order than their credit",
        "agents/layers/base.py",
        "torch.cat([tape[key] for tape in tapes])",
        "torch.cat([tape[key] for tape in reversed(tapes)])",
        ("tests/agents/layers/test_layers.py",),
    ),
]
