"""From interventions in a configuration to the parts that take the place of others when their time has come."""

from collections.abc import Mapping
from typing import Any

from streamsim.contracts import ConfigurationError, nearest, suggestion
from streamsim.simulation import Intervention

from .experiment import Experiment, Sense
from .help import part_outline
from .overrides import changed
from .parts import parameters
from .schema import resolve
from .spelling import dotted


def prepare(tree: Mapping[str, Any], interventions: list[Intervention]) -> None:
    """Give each of the *interventions* in the complete settings *tree* the parts that it puts in the place of others.

    A later one builds on what the earlier ones have changed.

    Raises:
        ConfigurationError: a setting is not known, cannot change while a run goes on, or is out of its range.
    """
    for intervention in sorted(interventions, key=lambda one: one.at):
        knobs = [knob for part in part_outline(Experiment, tree) for knob in part.knobs]
        for name, value in (intervention.set or {}).items():
            if name not in knobs:
                raise ConfigurationError(
                    f"the intervention at {intervention.at} s cannot set {name}, which does not change while a run "
                    f"goes on: {suggestion(nearest(name, knobs) or name, knobs)}"
                )
            tree = changed(Experiment, tree, name.split("."), value)
        touched = {place_of(name) for name in intervention.set or {}}
        intervention.parts = {(sense, part): made(tree, sense, part) for sense, part in sorted(touched)}


def place_of(name: str) -> tuple[str, str]:
    """Return the sense and the part of it that the setting called *name* belongs to."""
    first, *rest = name.split(".")
    return (rest[0], rest[1]) if first == "pathways" else ("eye", first)


def made(tree: Mapping[str, Any], sense: str, part: str) -> Any:  # noqa: ANN401
    """Return a part of a sense, as the settings in *tree* have it."""
    several = tree.get("pathways") is not None
    home = tree["pathways"][sense] if several else tree
    home = home.get("init_args", home)
    path = dotted(f"pathways.{sense}", part) if several else part
    return resolve(home[part], parameters(Sense)[part].annotation, path).make()
