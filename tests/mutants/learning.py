"""Mutants of the tick."""

from .mutant import Mutant

CREDIT = ("tests/agents/learning/test_credit.py",)
OPTIMISERS = ("tests/agents/learning/test_optimisers.py",)
STREAM_FILE = "tests/agents/learning/test_stream.py"
LEARNER_FILE = "tests/agents/learning/test_learner.py"
IN_TIME_FILE = "tests/agents/encoders/test_in_time.py"

MUTANTS = [
    Mutant(
        "memory: written before recall",
        "agents/learning/learner.py",
        ('        generator, number = generator_from(state["generator"]), group.number(glimpse.tick)\n'),
        (
            '        generator, number = generator_from(state["generator"]), group.number(glimpse.tick)\n'
            "        self.memory.write(memory, number, torch.cat(readouts, -1), glimpse.saccade)\n"
        ),
        (f"{STREAM_FILE}::test_own_anchors_of_any_age_are_what_the_equations_say",),
    ),
    Mutant(
        "credit: remembered frames left out",
        "agents/learning/credit.py",
        "*past.values(), strict=True",
        "strict=True",
        CREDIT,
    ),
    Mutant("credit: gathered without prediction", "agents/learning/credit.py", "delta.clone()", "delta * 0", CREDIT),
    Mutant(
        "credit: gathered without retrodiction",
        "agents/learning/credit.py",
        '["credit"] += arriving',
        '["credit"] += 0',
        CREDIT,
    ),
    Mutant(
        "learner: lags exchanged",
        "agents/learning/plasticity.py",
        "(tapes[name], owned[lag])",
        "(tapes[name], owned[self.lags[0]])",
        (f"{LEARNER_FILE}::test_bfloat16_is_close_and_keeps_weights_in_float32",),
    ),
    Mutant(
        "learner: rate of the rule ignored",
        "agents/learning/updates.py",
        "zip(GROUPS, (1.0, rate), strict=True)",
        "zip(GROUPS, (1.0, 1.0), strict=True)",
        (f"{LEARNER_FILE}::test_a_rate_of_zero_keeps_the_rules_own_weights",),
    ),
    Mutant(
        "learner: sum over ticks and not mean", "agents/learning/updates.py", "alpha=1 / every", "alpha=1", OPTIMISERS
    ),
    Mutant(
        "learner: gradients not forgotten",
        "agents/learning/updates.py",
        'state["gradients"] = transform(Tensor.zero_, gradients)',
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
        'if int(held["count"]):',
        'if int(held["count"]) > 15:',
        (f"{IN_TIME_FILE}::test_outer_products_that_are_summed_late_are_summed_in_time",),
    ),
    Mutant(
        "optimiser: Adam ignores the rule's rate",
        "agents/learning/optimisers.py",
        ("            lr=self.learning_rate * rate,\n            weight_decay=0.0,\n            eps=self.epsilon,"),
        ("            lr=self.learning_rate,\n            weight_decay=0.0,\n            eps=self.epsilon,"),
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: SGD ignores the rule's rate",
        "agents/learning/optimisers.py",
        "            lr=self.learning_rate * rate,\n            dampening",
        "            lr=self.learning_rate,\n            dampening",
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: SGD without momentum",
        "agents/learning/optimisers.py",
        "momentum=self.momentum,\n            lr",
        "momentum=0.0,\n            lr",
        OPTIMISERS,
    ),
    Mutant(
        "optimiser: RMSProp forgets at another pace",
        "agents/learning/optimisers.py",
        "alpha=self.alpha,",
        "alpha=0.5,",
        OPTIMISERS,
    ),
    Mutant(
        "schedule: always the same layer",
        "agents/learning/schedules.py",
        "layer = int(torch.randint(layers, (), generator=generator))",
        "layer = 0",
        (f"{LEARNER_FILE}::test_a_schedule_updates_the_layers_it_chooses_and_no_other",),
    ),
]
