"""Mutants of objectives."""

from .mutant import Mutant

CLAPP = ("tests/agents/rules/test_clapp.py",)
COSINE = ("tests/agents/rules/test_cosine.py",)
HINGE = ("tests/agents/rules/test_hinge.py",)
SIMCLR = ("tests/agents/rules/test_simclr.py",)
SUPERVISED = ("tests/agents/rules/test_supervised.py",)
LPL = ("tests/agents/rules/test_lpl.py",)

MUTANTS = [
    Mutant(
        "CLAPP: sign of the credit",
        "agents/rules/dendrite.py",
        "return slope[..., None] * prediction",
        "return -slope[..., None] * prediction",
        CLAPP,
    ),
    Mutant(
        "CLAPP: sign of the lateral update", "agents/rules/dendrite.py", "source = (slope[", "source = (-slope[", CLAPP
    ),
    Mutant(
        "CLAPP: gate without the saccade bit",
        "agents/rules/dendrite.py",
        "torch.where(margin < 1, sign, 0)",
        "torch.where(margin < 1, sign.abs(), 0)",
        CLAPP,
    ),
    Mutant("CLAPP: gate always open", "agents/rules/dendrite.py", "torch.where(margin < 1, sign, 0)", "sign", CLAPP),
    Mutant(
        "CLAPP: hinge at 0 and not at 1",
        "agents/rules/dendrite.py",
        "torch.where(margin < 1,",
        "torch.where(margin < 0,",
        CLAPP,
    ),
    Mutant(
        "CLAPP: W_pred transposed",
        "agents/rules/dendrite.py",
        "own, weight.transpose(1, 2)",
        "own, weight",
        CLAPP,
    ),
    Mutant(
        "CLAPP: W_retro from W_pred not transposed",
        "agents/rules/dendrite.py",
        'parameters["pred"].transpose(1, 2)',
        'parameters["pred"]',
        CLAPP,
    ),
    Mutant(
        "CLAPP: shared gate not shared",
        "agents/rules/predictive.py",
        "if retrodiction.own_gate:",
        "if True:",
        CLAPP,
    ),
    Mutant(
        "CLAPP: c and z exchanged in dW_retro",
        "agents/rules/predictive.py",
        "(own.c, own.z, own.scoring)",
        "(own.z, own.c, own.scoring)",
        CLAPP,
    ),
    Mutant(
        "CLAPP: weight dropped now",
        "agents/rules/predictive.py",
        "-surprise.gate * weight",
        "-surprise.gate",
        CLAPP,
    ),
    Mutant(
        "CLAPP: weight dropped then",
        "agents/rules/predictive.py",
        "own_scores), sign) * weight",
        "own_scores), sign)",
        CLAPP,
    ),
    Mutant(
        "CLAPP: layers of other sizes taken for one size",
        "agents/rules/beside.py",
        "before : before + sum(widths)",
        "0 : sum(widths)",
        CLAPP,
    ),
    Mutant(
        "CLAPP: no mean over positions",
        "agents/rules/clapp.py",
        "float(math.prod(cell)) for",
        "1.0 for",
        CLAPP,
    ),
    *(
        Mutant(f"cosine: {what}", f"agents/rules/{file}.py", old, mutated, COSINE)
        for what, file, old, mutated in (
            (
                "Oja's term dropped",
                "divisive",
                "delta - h * layers.spread(layers.mean(h * delta)) if self.oja",
                "delta if self.oja",
            ),
            (
                "Oja's term summed",
                "divisive",
                "layers.mean(h * delta)",
                "[own.sum(-1) for own in layers.split(h * delta)]",
            ),
            ("level dropped from the credit", "divisive", "else delta) / layers.spread(level)", "else delta)"),
            (
                "level of the first unit",
                "divisive",
                "layers.mean(signal.square())",
                "layers.mean(signal[..., :1].square())",
            ),
            ("level without its floor", "divisive", " + self.floor).sqrt()", ").sqrt()"),
            (
                "gain of homeostasis dropped",
                "divisive",
                "if self.gain is None else delta * self.gain",
                "if True else delta",
            ),
            ("threshold dropped", "dendrite", "product - scoring.threshold if", "product if"),
            ("threshold added", "dendrite", "product - scoring", "product + scoring"),
            ("scale dropped from dendrites", "dendrite", "beta=0, alpha=scoring.scale", "beta=0, alpha=1.0"),
            ("scale dropped from dW", "predictive", "outer(z, c, scaled(slope, scoring))", "outer(z, c, slope)"),
            ("kappa / D of the target alone", "cosine", "math.sqrt(target * source)", "target"),
            ("W_pred from nothing", "cosine", "torch.eye(rows) if alike", "torch.zeros(rows, columns) if alike"),
            (
                "W_pred between layers distorts",
                "cosine",
                "torch.linalg.qr(torch.randn(tall, wide, generator=generator)).Q",
                "torch.randn(tall, wide, generator=generator)",
            ),
            (
                "the remembered not normalised",
                "clapp",
                "past = self.signal([batch.past.transpose(0, 1) for batch in batches], usual)",
                "past = CLAPP().signal([batch.past.transpose(0, 1) for batch in batches], None)",
            ),
            (
                "the past's own level forgotten",
                "clapp",
                "self._spread(past.credit(found.past_delta), batches)",
                "self._spread(found.past_delta, batches)",
            ),
        )
    ),
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
        "awake = percept.age >= group.receptive_ticks",
        "pass",
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
    Mutant(
        "homeostasis: mean is not taken away",
        "agents/rules/clapp.py",
        "value.sub_(mean).mul_(gain)",
        "value.mul_(gain)",
        CLAPP,
    ),
    Mutant(
        "homeostasis: traces do not fade",
        "agents/rules/homeostasis.py",
        "* (1 - 1 / self.ticks) + 1",
        "+ 1",
        CLAPP,
    ),
    Mutant(
        "homeostasis: floor left out",
        "agents/rules/homeostasis.py",
        "(variance + self.floor).rsqrt()",
        "variance.rsqrt()",
        CLAPP,
    ),
    Mutant(
        "dendrite: hinge at 0 in the loss",
        "agents/rules/dendrite.py",
        "(1 - margin).clamp_min(0)",
        "(-margin).clamp_min(0)",
        CLAPP,
    ),
]
