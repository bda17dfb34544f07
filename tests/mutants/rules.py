"""Mutants of objectives."""

from .mutant import Mutant

HINGE = ("tests/agents/rules/test_hinge.py",)
SIMCLR = ("tests/agents/rules/test_simclr.py",)
SUPERVISED = ("tests/agents/rules/test_supervised.py",)
LPL = ("tests/agents/rules/test_lpl.py",)

MUTANTS = [
    Mutant("hinge: sign of y dropped", "agents/rules/hinge.py", "(active * sign * weight)", "(active * weight)", HINGE),
    Mutant("hinge: weight dropped", "agents/rules/hinge.py", "(active * sign * weight)", "(active * sign)", HINGE),
    Mutant(
        "hinge: margins exchanged",
        "agents/rules/hinge.py",
        "torch.where(sign > 0, distance - near, far - distance)",
        "torch.where(sign > 0, distance - far, near - distance)",
        HINGE,
    ),
    Mutant(
        "hinge: present and past exchanged",
        "agents/rules/hinge.py",
        "difference = now - past",
        "difference = past - now",
        HINGE,
    ),
    Mutant(
        "hinge: head used for feedback",
        "agents/rules/feedback.py",
        'return parameters["feedback"]',
        'return parameters["head"]',
        HINGE,
    ),
    Mutant(
        "hinge: fixed feedback learns",
        "agents/rules/head.py",
        "if self.feedback.learns else {}",
        "if self.feedback.own_weights else {}",
        HINGE,
    ),
    Mutant(
        "hinge: only the head is calibrated",
        "agents/rules/head.py",
        "weight * factor for name, weight",
        'weight * (factor if name == "head" else 1) for name, weight',
        HINGE,
    ),
    *(
        Mutant(f"SimCLR: {what}", "agents/rules/simclr.py", old, mutated, SIMCLR)
        for what, old, mutated in (
            ("negatives attract", "(push - pull)", "(push + pull)"),
            ("length is credited", "along - x * (x * along).sum(-1, keepdim=True)", "along"),
            ("what is not there takes part", "there & (sign < 0)", "sign < 0"),
            ("a kind alone is active", "same.any(0) & other.any(0)", "same.any(0) | other.any(0)"),
        )
    ),
    Mutant(
        "supervised: unknown is a class", "agents/rules/supervised.py", "-of_class * known", "-of_class", SUPERVISED
    ),
    Mutant(
        "supervised: what is seen across a saccade teaches",
        "agents/memory/present.py",
        "told = awake(percept, group)",
        "told = None",
        SUPERVISED,
    ),
    *(
        Mutant(f"LPL: {what}", "agents/rules/lpl.py", old, mutated, LPL)
        for what, old, mutated in (
            ("a unit keeps away from itself", " - apart * own), apart", "), apart"),
            ("saccades do not end predictions", "(batch.weight * same)[..., None]", "batch.weight[..., None]"),
            ("statistics do not fade", "* (1 - 1 / self.ticks) + 1", "+ 1"),
        )
    ),
]
