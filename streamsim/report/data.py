"""What a run folder holds, read once for all sections of a report."""

import warnings
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import torch
from jaxtyping import Float
from torch import Tensor

from streamsim.config import parsed, text_of
from streamsim.contracts import DataError, Labelled, Sequences, Split, State, StreamsimError, UntrustedError, require
from streamsim.evaluation import Filling, Layers, Row, is_layer, looks, parts_of
from streamsim.instruments import Film, fault_of, find, read_films
from streamsim.runs import (
    read_confusions,
    read_health,
    read_metrics,
    read_probes,
    read_provenance,
    read_summary,
    require_run,
    revive,
)
from streamsim.simulation import Intervention, Pathway, Simulation
from streamsim.storage import fault

from .charts import Mark


@dataclass(frozen=True)
class Examples:
    """Labelled frames of the test half and what an agent makes of them.

    Attributes:
        frames: the frames, every part of an example by itself, at most a thousand, (n, *shape).
        labels: class of every frame, (n,).
        activity: activity of every layer, (n, units) where positions are reduced to their maximum.
        pattern: the last layer's whole activity, (n, features).
        recorded: whether frames are ticks of recordings, so that many may be nearly the same.
    """

    frames: Tensor
    labels: Tensor
    activity: dict[str, Tensor]
    pattern: Tensor
    recorded: bool = False


class Told(TypedDict):
    """An intervention as a configuration tells of it."""

    at: float
    set: NotRequired[dict[str, Any] | None]
    lesion: NotRequired[str | None]


class RunData:
    """A run folder.

    Args:
        folder: the run folder.

    Attributes:
        streams: parallel streams.
        why_not_revived: why the agent could not be rebuilt, empty unless that was tried and failed.
        pathway_name: the pathway that this is about, None for the only or the first one.

    Raises:
        RunFolderError: it holds no run, or one of its files is damaged.
        ConfigurationError: its configuration is damaged.
    """

    def __init__(self, folder: Path) -> None:
        require_run(folder)
        self.folder = folder
        self.configuration_text = text_of(folder / "config.yaml", str(folder / "config.yaml"))
        self.configuration = parsed(self.configuration_text, str(folder / "config.yaml"))
        self.streams: int = self.configuration.get("streams", 1)
        self._refuse(fault(self.streams, int, "streams"))
        self._refuse("" if self.streams >= 1 else f"streams must be at least 1 (got {self.streams})")
        self.provenance = read_provenance(folder)
        self.summary = read_summary(folder)
        self.probes = latest(read_probes(folder))
        self.confusions = read_confusions(folder)
        self.metrics = read_metrics(folder)
        self.health = read_health(folder)
        self.films = [film for film in read_films(folder) if is_showable(film)]
        self.why_not_revived = ""
        self.pathway_name: str | None = None

    @property
    def by_pathway(self) -> list["RunData"]:
        """What there is of every pathway, by itself; of the only one all."""
        senses = self.configuration.get("pathways") or {}
        self._refuse(fault(senses, dict[str, dict[str, Any] | None], "pathways"))
        return [self._only(name, own or {}) for name, own in senses.items()] or [self]

    def _only(self, name: str, settings: dict[str, Any]) -> "RunData":
        own = settings.get("init_args", settings)
        self._refuse(fault(own, dict[str, Any], f"pathways.{name}.init_args"))
        _ = self.revived  # once for all pathways
        part = copy(self)
        part.pathway_name, part.configuration = name, {**self.configuration, **own}
        for kind in ("probes", "confusions", "metrics", "health"):
            setattr(part, kind, [row for row in getattr(self, kind) if row.get("pathway") == name])
        part.films = [film for film in self.films if film.pathway == name]
        part.summary = {**self.summary, **self.summary.get("pathways", {}).get(name, {})}
        return part

    @cached_property
    def marks(self) -> list[Mark]:
        """The interventions that have been, in the order of time."""
        told = self.configuration.get("interventions") or []
        self._refuse(fault(told, list[Told], "interventions"))
        ended = max((row["seconds"] for row in (*self.metrics, *self.probes, *self.health)), default=0.0)
        done = [Intervention(one["at"], one.get("set"), one.get("lesion")) for one in told]
        return [Mark(one.at, one.words) for one in sorted(done, key=lambda one: one.at) if one.at < ended]

    def _refuse(self, wrong: str) -> None:
        """Raise `ConfigurationError` if anything is *wrong* with the configuration."""
        require(not wrong, f"{self.folder}/config.yaml: {wrong}: mend it")

    @property
    def ticks(self) -> int:
        """Ticks that the run has behind it, as far as its files tell."""
        return max((row["tick"] for row in (*self.metrics, *self.probes, *self.health)), default=0)

    @cached_property
    def wall(self) -> float | None:
        """Seconds of real time, summed over the stretches of an interrupted run."""
        elapsed = [row["wall"]["elapsed"] for row in self.metrics if "elapsed" in row.get("wall", {})]
        # the clock starts anew with every stretch
        return sum(a for a, b in pairwise([*elapsed, 0.0]) if b < a) if elapsed else None

    @cached_property
    def revived(self) -> tuple[Simulation, State] | None:
        """The simulation at its newest checkpoint and all state as drawn, or None where they cannot be rebuilt."""
        try:
            configuration, simulation, _, damaged = revive(self.folder)
        except UntrustedError:  # the user is to decide
            raise
        except StreamsimError as error:
            self.why_not_revived = str(error)
            warnings.warn(f"the report says little of the agent, which could not be rebuilt: {error}", stacklevel=2)
            return None
        for sentence in damaged:
            warnings.warn(sentence, stacklevel=2)
        return simulation, configuration.experiment.build().state

    @property
    def pathway(self) -> Pathway | None:
        """The pathway that this is about."""
        return find(self.revived[0], self.pathway_name) if self.revived else None

    @property
    def states(self) -> dict[str, State]:
        """The agent's state as drawn and after learning, by name."""
        if self.revived is None or self.pathway is None:
            return {}
        simulation, drawn = self.revived
        name = self.pathway.name
        return {"drawn": drawn[name]["agent"], "learned": simulation.state[name]["agent"]}

    @cached_property
    def examples(self) -> dict[str, Examples]:
        """Labelled frames as seen by the agent as drawn and after learning; empty where there are none."""
        if self.pathway is None:
            return {}
        try:
            labelled = self.pathway.environment.labelled(Split.TEST)
            return {name: examples_of(self.pathway, state, labelled) for name, state in self.states.items()}
        except DataError:
            return {}
        except StreamsimError as error:
            warnings.warn(f"the report leaves out what labelled frames show: {error}", stacklevel=2)
            return {}

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        if self.pathway is not None:
            return self.pathway.environment.classes
        return tuple(self.films[0].facts["classes"]) if self.films else ()


def examples_of(pathway: Pathway, state: State, labelled: Labelled | Sequences, count: int = 1000) -> Examples:
    """Return at most *count* labelled frames with the activity they cause, each of recordings in its place in them.

    Raises:
        DataError: no recording can be read.
    """
    parts = parts_of(labelled) if isinstance(labelled, Labelled) else 1
    examples, places = max(1, count // parts), max(count, parts)
    frames, activity, pattern, labels = Filling(places), Filling(places), Filling(places), torch.full((places,), -1)
    for look in looks(Layers(pathway.agent, state), labelled, examples, 128):
        labels[look.place] = look.label
        frames.add("frames", look.place, look.frames)
        for layer, z in look.activity.items():
            activity.add(layer, look.place, peak(z.float()).cpu())
        top = list(look.activity)[-1]
        pattern.add(top, look.place, look.activity[top].float().flatten(1).cpu())
    read, layers = labels >= 0, pathway.agent.layers
    if not bool(read.any()):
        raise DataError("none of the labelled recordings can be read: restore them")
    peaks = {layer: x[read] for layer, x in activity.means(layers).items()}
    (shown,), (*_, last) = frames.means(("frames",)).values(), pattern.means(layers).values()
    return Examples(shown[read], labels[read], peaks, last[read], isinstance(labelled, Sequences))


def peak(activity: Float[Tensor, "n units *space"]) -> Float[Tensor, "n units"]:
    """Return every unit's largest activity anywhere."""
    return activity.flatten(2).amax(2) if activity.dim() > 2 else activity


def is_showable(film: Film) -> bool:
    """Tell whether a film is such as a run writes; warn if it is not."""
    wrong = fault_of(film)
    if wrong:
        sentence = f"the {film.name} film of {film.pathway} is damaged, so it is left out of the report: restore media/"
        warnings.warn(f"{sentence} from a copy ({wrong})", stacklevel=2)
    return not wrong


def latest(rows: Iterable[Row]) -> list[Row]:
    """Return *rows* with only the last of those that say the same thing about the same tick."""
    return list({(row["tick"], row.get("pathway"), row["probe"], row["layer"]): row for row in rows}.values())


def layer_names(rows: Sequence[Row]) -> list[str]:
    """Return the layers that *rows* speak of, bottom to top, without baselines and all layers together."""
    return list(dict.fromkeys(row["layer"] for row in rows if is_layer(row)))
