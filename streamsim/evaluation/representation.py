"""How good a representation is without a label: its rank, and units that do nothing."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from streamsim.contracts import Agent, Labelled, Sequences, State

from .extractor import Layers
from .features import looks
from .readout import Readout
from .results import Row


def effective_rank(x: Float[Tensor, "n features"]) -> float:
    """Return exp of the entropy of the singular values of centred features, normalised to sum 1; 0 if all are alike.

    Between 1 and min(n - 1, features). Roy & Vetterli 2007, "The effective rank".
    """
    shares = spectrum(x)
    return float(torch.exp(torch.special.entr(shares).sum())) if shares.any() else 0.0


def participation_ratio(x: Float[Tensor, "n features"]) -> float:
    """Return (sum of l)^2 / sum of l^2 over the eigenvalues l of the features' covariance; 0 if all are alike.

    Between 1 and min(n - 1, features). Gao et al. 2017.
    """
    shares = spectrum(x).square()
    return float(shares.sum().square() / shares.square().sum()) if shares.any() else 0.0


def spectrum(x: Float[Tensor, "n features"]) -> Float[Tensor, " rank"]:
    """Return the singular values of centred features, normalised to sum 1, or zeros if nothing varies."""
    x = x.double()
    values: Tensor = torch.linalg.svdvals(x - x.mean(0))
    # centring features that are all alike leaves rounding errors, which are no dimensions
    values = values * (values > 1e-12 * x.norm())
    return values.div(values.sum().clamp(min=torch.finfo(values.dtype).tiny))


def dead_units(activity: Float[Tensor, "n units *space"]) -> Bool[Tensor, " units"]:
    """Return the units (channels, where positions share weights) that give one value everywhere, for everything."""
    low, high = extremes(activity)
    return low.eq(high)


def extremes(activity: Float[Tensor, "n units *space"]) -> tuple[Float[Tensor, " units"], Float[Tensor, " units"]]:
    """Return the smallest and largest value of every unit."""
    by_unit = activity.transpose(0, 1).flatten(1)
    return by_unit.amin(1), by_unit.amax(1)


def survey(agent: Agent, state: State, labelled: Labelled | Sequences, count: int, readout: Readout) -> dict[str, Row]:
    """Return rank and dead units of every layer on *count* labelled frames, each of recordings in its place in them."""
    found: dict[str, list[Tensor]] = {}
    low: dict[str, list[Tensor]] = {}
    high: dict[str, list[Tensor]] = {}
    for look in looks(Layers(agent, state), labelled, count, 64):
        for layer, activity in look.activity.items():
            found.setdefault(layer, []).append(readout(activity.float()))
            least, most = extremes(activity)
            low.setdefault(layer, []).append(least)
            high.setdefault(layer, []).append(most)
    dead = {layer: torch.stack(low[layer]).amin(0) == torch.stack(high[layer]).amax(0) for layer in found}
    layers = (layer for layer in agent.layers if layer in found)
    return {layer: {**ranks(torch.cat(found[layer])), **deaths(dead[layer])} for layer in layers}


def ranks(x: Float[Tensor, "n features"]) -> Row:
    """Return both ranks and what bounds them."""
    return {
        "effective_rank": effective_rank(x),
        "participation_ratio": participation_ratio(x),
        "largest_possible": min(len(x) - 1, x.shape[1]),
    }


def deaths(dead: Bool[Tensor, " units"]) -> Row:
    """Return how many units are dead, and of how many."""
    return {"dead_units": int(dead.sum()), "units": len(dead)}
