"""Whether the parts of a learner fit each other: found out before the first tick."""

from collections.abc import Sequence
from itertools import permutations

from streamsim.agents.credit import Credit, SpatialCredit
from streamsim.agents.encoders import Encoder, RateGroup
from streamsim.agents.memory import Contrast, ShortTermMemory
from streamsim.agents.optimisers import Optimiser
from streamsim.agents.predictive import Context, ContextualRule
from streamsim.agents.rules import Rule
from streamsim.contracts import require

from .calibration import Calibration
from .schedules import Schedule


def require_layers_fit(encoder: Encoder, rule: Rule, calibration: Calibration) -> None:
    """Raise `ConfigurationError` if a layer asks for what the rule or the calibration cannot do."""
    below = [type(layer).__name__ for layer in encoder.layers if layer.predicts_below]
    require(
        rule.predicts or not below,
        f"{type(rule).__name__} cannot predict the layer below: set predicts_below to false or use CLAPP",
    )
    require(
        rule.credits_past or not below,
        f"{', '.join(below)} learns nothing from predicting the layer below while remembered frames are not credited: "
        f"set {type(rule).__name__}.retrodict to true, or predicts_below to false",
    )
    rescalable = all(layer.rescalable for layer in encoder.layers)
    require(
        rescalable or not calibration.drive,
        "Calibration.drive cannot scale layers that are normalised: leave out the one or the other",
    )


def require_credit_fits(
    encoder: Encoder, rule: Rule, schedule: Schedule, credit: Credit, spatial: SpatialCredit
) -> None:
    """Raise `ConfigurationError` if layers cannot be credited so."""
    spatial.validate(encoder, credit, rule.credits_past)
    apart = len(spatial.judged(encoder.names)) == len(encoder.names)
    require(
        schedule.steady or apart,
        f"{type(spatial).__name__} credits layers together, but {type(schedule).__name__} lets them learn one by one: "
        "use AllLayers, Local credit, or modules of one layer each",
    )


def require_context_fits(context: Context, encoder: Encoder, rule: Rule, judged: Sequence[str]) -> None:
    """Raise `ConfigurationError` if the rule or a layer cannot be given another layer's past."""
    if not context.foreign:
        return
    name, chosen = type(rule).__name__, type(context).__name__
    require(
        len(judged) > 1,
        f"{chosen} needs two layers that are judged, and there is one ({', '.join(judged)}): use OwnLayer, or Local "
        "credit",
    )
    require(
        isinstance(rule, ContextualRule),
        f"{name} compares each layer with its own past and cannot use {chosen}: use OwnLayer, or a rule that predicts "
        "such as CLAPP",
    )
    below = [type(layer).__name__ for layer in encoder.layers if layer.predicts_below]
    require(
        not below,
        f"{', '.join(below)} predicts the layer below from its own past and cannot use {chosen}: set predicts_below to "
        "false or use OwnLayer",
    )
    require(
        not rule.credits_past,
        f"{name} credits remembered frames, and with {chosen} these are another layer's: set {name}.retrodict to false "
        "or use OwnLayer",
    )


def require_updates_fit(optimiser: Optimiser, groups: Sequence[RateGroup]) -> None:
    """Raise `ConfigurationError` unless every layer acts as often between two updates."""
    every, slowest = optimiser.every, groups[-1].every
    require(
        every == 1 or every % slowest == 0,
        f"Optimiser.every must be 1 or a multiple of {slowest}, the ticks from one activity of the slowest layer "
        f"to the next (got {every})",
    )


def unlooked(encoder: Encoder, calibration: Calibration) -> tuple[str, ...]:
    """Return advice for layers that would begin to gather running statistics as they begin to learn."""
    if calibration.ticks or not any(layer.keeps_statistics for layer in encoder.layers):
        return ()
    return (
        "layers with running statistics learn without having looked, so that gains count what these statistics do too "
        "(calibration.ticks sets how long to look)",
    )


def shared_lags(contrasts: Sequence[Contrast], memory: ShortTermMemory, rule: Rule) -> tuple[int | None, ...]:
    """Return the lags of a rule's predictors.

    A rule that needs no past has one predictor, of nothing.

    Raises:
        ConfigurationError: *contrasts* differ in them, or the rule credits frames whose lags nobody knows, or it needs
            what no contrast brings.
    """
    if not rule.needs_past:
        return (None,)
    require(len(contrasts) > 0, "Learner.contrasts must name at least one contrast (got none)")
    found = {contrast.reach(memory) for contrast in contrasts}
    require(len(found) == 1, f"Learner.contrasts must share their lags (got {sorted(map(str, found))})")
    (lags,) = found
    require(
        not rule.credits_past or (None not in lags and all(contrast.traced for contrast in contrasts)),
        f"{type(rule).__name__} credits remembered frames and needs contrasts of fixed lags: "
        "use OwnMemory or PeerMemory, or turn retrodiction off",
    )
    require(
        not rule.needs_both or both_at_once(contrasts),
        f"{type(rule).__name__} needs memories of the same thing and of others at one lag at once, and "
        f"{' and '.join(type(contrast).__name__ for contrast in contrasts)} cannot bring both: use PeerMemory beside "
        "OwnMemory with negative 0, or LatestOwn with positives and negatives",
    )
    return lags


def both_at_once(contrasts: Sequence[Contrast]) -> bool:
    """Return whether one group of pairs may be of the same thing while another is of others; so if nobody can tell."""
    brought = [contrast.brings() for contrast in contrasts]
    groups = [kinds for own in brought if own is not None for kinds in own]
    return None in brought or any(True in one and False in other for one, other in permutations(groups, 2))


def unused(contrasts: Sequence[Contrast], rule: Rule) -> tuple[str, ...]:
    """Return advice where contrasts are given to a rule that compares the present with nothing."""
    if rule.needs_past or not contrasts:
        return ()
    return (
        f"{type(rule).__name__} learns from the present alone: contrasts and memory are of no account, and nothing is "
        "remembered (agent.contrasts [] says so in the configuration)",
    )
