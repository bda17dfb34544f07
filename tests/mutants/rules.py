"""Mutants of objectives."""

from .mutant import Mutant

HINGE = ("tests/agents/rules/test_hinge.py",)

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
        "agents/rules/hinge.py",
        "if self.feedback.learns else {}",
        "if self.feedback.own_weights else {}",
        HINGE,
    ),
    Mutant(
        "hinge: only the head is calibrated",
        "agents/rules/hinge.py",
        "weight * factor for name, weight",
        'weight * (factor if name == "head" else 1) for name, weight',
        HINGE,
    ),
]
