"""Mutants of rules that predict."""

from .mutant import Mutant

CLAPP = ("tests/agents/predictive/test_clapp.py",)
COSINE = ("tests/agents/predictive/test_cosine.py",)
NCE = ("tests/agents/predictive/test_info_nce.py",)
CONTEXT = ("tests/agents/predictive/test_context.py",)
CELLS = ("tests/agents/predictive/test_cells.py",)
GATES = ("tests/agents/predictive/test_gates.py",)

MUTANTS = [
    Mutant(
        "CLAPP: sign of the credit",
        "agents/predictive/dendrite.py",
        "return slope[..., None] * prediction",
        "return -slope[..., None] * prediction",
        CLAPP,
    ),
    Mutant(
        "CLAPP: sign of the lateral update",
        "agents/predictive/dendrite.py",
        "source = (slope[",
        "source = (-slope[",
        CLAPP,
    ),
    Mutant(
        "CLAPP: gate without the saccade bit",
        "agents/predictive/dendrite.py",
        "torch.where(margin < 1, sign, 0)",
        "torch.where(margin < 1, sign.abs(), 0)",
        CLAPP,
    ),
    Mutant(
        "CLAPP: gate always open", "agents/predictive/dendrite.py", "torch.where(margin < 1, sign, 0)", "sign", CLAPP
    ),
    Mutant(
        "CLAPP: hinge at 0 and not at 1",
        "agents/predictive/dendrite.py",
        "torch.where(margin < 1,",
        "torch.where(margin < 0,",
        CLAPP,
    ),
    Mutant(
        "CLAPP: W_pred transposed",
        "agents/predictive/dendrite.py",
        "own, weight.transpose(1, 2)",
        "own, weight",
        CLAPP,
    ),
    Mutant(
        "CLAPP: W_retro from W_pred not transposed",
        "agents/predictive/dendrite.py",
        'parameters["pred"].transpose(1, 2)',
        'parameters["pred"]',
        CLAPP,
    ),
    Mutant(
        "CLAPP: shared gate not shared",
        "agents/predictive/predictive.py",
        "if retrodiction.own_gate:",
        "if True:",
        CLAPP,
    ),
    Mutant(
        "CLAPP: c and z exchanged in dW_retro",
        "agents/predictive/predictive.py",
        "(own.c, own.z, own.scoring)",
        "(own.z, own.c, own.scoring)",
        CLAPP,
    ),
    Mutant(
        "CLAPP: weight dropped now",
        "agents/predictive/gates.py",
        "-surprise.gate * weight",
        "-surprise.gate",
        CLAPP,
    ),
    Mutant(
        "CLAPP: weight dropped then",
        "agents/predictive/gates.py",
        "-gate(score, sign) * weight",
        "-gate(score, sign)",
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
        "agents/predictive/cells.py",
        "float(math.prod(cell)) for",
        "1.0 for",
        CLAPP,
    ),
    *(
        Mutant(f"cosine: {what}", f"agents/predictive/{file}.py", old, mutated, COSINE)
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
            ("W_pred from nothing", "bilinear", "torch.eye(rows) if alike", "torch.zeros(rows, columns) if alike"),
            (
                "W_pred between layers distorts",
                "bilinear",
                "torch.linalg.qr(torch.randn(tall, wide, generator=generator)).Q",
                "torch.randn(tall, wide, generator=generator)",
            ),
            (
                "the remembered not normalised",
                "bilinear",
                "return [self.signal([batch.past.transpose(0, 1) for batch in batches], usual)]",
                "return [signal_of([batch.past.transpose(0, 1) for batch in batches])]",
            ),
            (
                "the past's own level forgotten",
                "bilinear",
                "self._cells.spread(pasts[0].credit(found.past_delta), shapes)",
                "self._cells.spread(found.past_delta, shapes)",
            ),
        )
    ),
    Mutant(
        "homeostasis: mean is not taken away",
        "agents/predictive/bilinear.py",
        "value.sub_(mean).mul_(gain)",
        "value.mul_(gain)",
        CLAPP,
    ),
    Mutant(
        "homeostasis: traces do not fade",
        "agents/predictive/homeostasis.py",
        "* (1 - 1 / self.ticks) + 1",
        "+ 1",
        CLAPP,
    ),
    Mutant(
        "homeostasis: floor left out",
        "agents/predictive/homeostasis.py",
        "(variance + self.floor).rsqrt()",
        "variance.rsqrt()",
        CLAPP,
    ),
    Mutant(
        "dendrite: hinge at 0 in the loss",
        "agents/predictive/dendrite.py",
        "(1 - margin).clamp_min(0)",
        "(-margin).clamp_min(0)",
        CLAPP,
    ),
    *(
        Mutant(f"{who}: {what}", f"agents/{file}.py", old, mutated, tests)
        for who, tests, what, file, old, mutated in (
            (
                "InfoNCE",
                NCE,
                "positives contrasted with each other",
                "predictive/info_nce",
                "torch.where(~is_positive & counts, score",
                "torch.where(counts, score",
            ),
            (
                "InfoNCE",
                NCE,
                "negatives of no weight count",
                "predictive/info_nce",
                "torch.where(~is_positive & counts, score",
                "torch.where(~is_positive, score",
            ),
            (
                "InfoNCE",
                NCE,
                "negatives of one positive only",
                "predictive/info_nce",
                "risk.sum(-2, keepdim=True)",
                "risk.amax(-2, keepdim=True)",
            ),
            (
                "InfoNCE",
                NCE,
                "softmax over streams",
                "predictive/info_nce",
                "negative.softmax(-2)",
                "negative.softmax(-1)",
            ),
            (
                "InfoNCE",
                NCE,
                "weight dropped",
                "predictive/info_nce",
                "weight * torch.sigmoid(ahead)",
                "torch.sigmoid(ahead)",
            ),
            (
                "InfoNCE",
                NCE,
                "the positive left out of the sum",
                "predictive/info_nce",
                "torch.logaddexp(ahead, torch.zeros_like(ahead))",
                "ahead",
            ),
            (
                "open gate",
                GATES,
                "hinge left in the loss",
                "predictive/gates",
                "1 - sign * score,",
                "(1 - sign * score).relu(),",
            ),
            ("open gate", GATES, "saccade bit dropped", "predictive/gates", "(-sign * weight).exp", "(-weight).exp"),
            ("CLAPP++", CELLS, "coarsest grid that fits", "predictive/cells", "return max((n for", "return min((n for"),
            (
                "CLAPP++",
                CELLS,
                "cells that do not divide maps",
                "predictive/cells",
                "if height % n == width % n == 0 and",
                "if",
            ),
            (
                "context",
                CONTEXT,
                "layer below in place of the one above",
                "predictive/context",
                "min(number + 1, layers - 1)",
                "max(number - 1, 0)",
            ),
            ("context", CONTEXT, "bottom for top", "predictive/context", "return (layers - 1,)", "return (0,)"),
            (
                "context",
                CONTEXT,
                "only one of two losses",
                "predictive/bilinear",
                "sum(found.delta[i::layers][1:], found.delta[i])",
                "found.delta[i]",
            ),
            (
                "context",
                CONTEXT,
                "W_pred of one context for both",
                "predictive/bilinear",
                'own | {"pred": own[pred(number)]}',
                "own",
            ),
            (
                "context",
                CONTEXT,
                "statistics of the layer for those of its context",
                "predictive/bilinear",
                "[signal_of([context.transpose(0, 1) for context in contexts]) for",
                "[self.signal([context.transpose(0, 1) for context in contexts], usual) for",
            ),
            (
                "context",
                CONTEXT,
                "all layers remembered",
                "learning/comparison",
                "frozenset(source for sources in self.sources.values() for source in sources)",
                "frozenset(self.sources)",
            ),
        )
    ),
]
