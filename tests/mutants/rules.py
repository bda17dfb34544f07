"""Mutants of objectives."""

from .mutant import Mutant

CLAPP = ("tests/agents/rules/test_clapp.py",)
COSINE = ("tests/agents/rules/test_cosine.py",)
HINGE = ("tests/agents/rules/test_hinge.py",)

MUTANTS = [
    Mutant(
        "CLAPP: sign of the credit",
        "agents/rules/dendrite.py",
        "return slope[..., None] * dendrite",
        "return -slope[..., None] * dendrite",
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
        "mapped(source, weight.transpose(1, 2), scoring.scale)",
        "mapped(source, weight, scoring.scale)",
        CLAPP,
    ),
    Mutant(
        "CLAPP: W_retro from W_pred not transposed",
        "agents/rules/dendrite.py",
        'mapped(z, parameters["pred"], scoring.scale)',
        'mapped(z, parameters["pred"].transpose(1, 2), scoring.scale)',
        CLAPP,
    ),
    Mutant(
        "CLAPP: shared gate not shared",
        "agents/rules/dendrite.py",
        'return forward._replace(prediction=mapped(z, parameters["retro"].transpose(1, 2), scoring.scale))',
        'return predict(c, z, parameters["retro"], sign, scoring)',
        CLAPP,
    ),
    Mutant(
        "CLAPP: c and z exchanged in dW_retro",
        "agents/rules/dendrite.py",
        "outer(c, z, scaled(own, scoring))",
        "outer(z, c, scaled(own, scoring))",
        CLAPP,
    ),
    Mutant(
        "CLAPP: weight dropped now",
        "agents/rules/dendrite.py",
        "slope = -forward.gate * weight",
        "slope = -forward.gate",
        CLAPP,
    ),
    Mutant(
        "CLAPP: weight dropped then",
        "agents/rules/dendrite.py",
        "else -backward.gate * weight",
        "else -backward.gate",
        CLAPP,
    ),
    Mutant(
        "CLAPP: no mean over positions",
        "agents/rules/clapp.py",
        " / math.prod(positions) if positions else delta",
        "",
        CLAPP,
    ),
    *(
        Mutant(f"cosine: {what}", f"agents/rules/{file}.py", old, mutated, COSINE)
        for what, file, old, mutated in (
            (
                "Oja's term dropped",
                "divisive",
                "delta - h * (h * delta).mean(-1, keepdim=True) if self.oja",
                "delta if self.oja",
            ),
            (
                "Oja's term summed",
                "divisive",
                "(h * delta).mean(-1, keepdim=True)",
                "(h * delta).sum(-1, keepdim=True)",
            ),
            ("level dropped from the credit", "divisive", "else delta) / level", "else delta)"),
            ("level of each unit by itself", "divisive", "signal.square().mean(-1, keepdim=True)", "signal.square()"),
            ("level without its floor", "divisive", " + self.floor).sqrt()", ").sqrt()"),
            (
                "gain of homeostasis dropped",
                "divisive",
                "if self.gain is None else delta * self.gain",
                "if True else delta",
            ),
            ("threshold dropped", "dendrite", ".sum(-1) - scoring.threshold", ".sum(-1)"),
            ("threshold added", "dendrite", ".sum(-1) - scoring.threshold", ".sum(-1) + scoring.threshold"),
            ("scale dropped from dendrites", "dendrite", "beta=0, alpha=scale", "beta=0, alpha=1.0"),
            ("scale dropped from dW_pred", "dendrite", "outer(z, c, scaled(slope, scoring))", "outer(z, c, slope)"),
            ("scale dropped from dW_retro", "dendrite", "outer(c, z, scaled(own, scoring))", "outer(c, z, own)"),
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
                "c, sign, weight = (t.transpose(0, 1) for t in (past.value,",
                "c, sign, weight = (t.transpose(0, 1) for t in (batch.past,",
            ),
            (
                "the past's own level forgotten",
                "clapp",
                "self._spread(past.credit(past_delta.transpose(0, 1)), batch.z)",
                "self._spread(past_delta.transpose(0, 1), batch.z)",
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
    Mutant(
        "homeostasis: mean is not taken away",
        "agents/rules/clapp.py",
        "(readout - mean) * gain",
        "readout * gain",
        CLAPP,
    ),
    Mutant(
        "homeostasis: traces do not fade",
        "agents/rules/homeostasis.py",
        'traces["mass"] * kept + 1',
        'traces["mass"] + 1',
        CLAPP,
    ),
    Mutant(
        "homeostasis: floor left out",
        "agents/rules/homeostasis.py",
        '(traces["variance"] + self.floor).rsqrt()',
        'traces["variance"].rsqrt()',
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
