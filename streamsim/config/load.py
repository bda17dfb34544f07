"""From a preset or file and overrides to an experiment."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from streamsim.contracts import ConfigurationError, OnDamaged, nearest, require, suggestion
from streamsim.simulation import Intervention

from . import registry
from .experiment import PARTS, Experiment, Sense, require_one_form
from .help import PartHelp, all_in_view, part_outline
from .overrides import changed
from .parts import parameters
from .published import CHOICES, RowChoice, chosen
from .reading import LENGTH, TOO_LONG, parsed
from .schema import Resolved, require_known, resolve, resolve_call
from .spelling import dotted, in_yaml
from .values import coerce, plain


@dataclass(frozen=True)
class Configuration:
    """A checked, complete configuration.

    Attributes:
        name: of the preset or file that it started from.
        tree: every setting, defaults filled in; a part is a dictionary of its `class_path` and `init_args`.
        experiment: what it describes; building it opened no file for writing.
    """

    name: str
    tree: dict[str, Any]
    experiment: Experiment

    def text(self) -> str:
        """Return the configuration as YAML, as a person would write it."""
        written = used(resolve_call(Experiment, self.tree, "").written)
        return in_yaml(written)


def configure(
    source: str | Path, overrides: Mapping[str, Any] | None = None, on_damaged: str | None = None
) -> Configuration:
    """Return the configuration called *source*, a preset or a YAML file, with settings changed by dotted names.

    Example: `configure("hinge-objects3d", {"gaze.saccade_probability": 0.3, "streams": 32}).experiment.build()`.

    Args:
        source: where to start from.
        overrides: new values by the dotted names of settings.
        on_damaged: if given, refuse or skip, for every part that has a setting of this name.

    Raises:
        ConfigurationError: something in it is unknown or of the wrong kind.
        DataError: recordings that it names are absent or damaged.
    """
    name, tree = drafted(source, overrides or {}, whole=True)
    resolved = checked(tree)
    if on_damaged is not None:
        resolved = resolve_call(Experiment, tolerating(resolved.plain, on_damaged), "")
    experiment: Experiment = resolved.make()
    prepare(resolved.plain, list(experiment.interventions))
    return Configuration(name, used(resolved.plain), experiment)


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


def outline(source: str | Path, overrides: Mapping[str, Any] | None = None) -> tuple[str, list[PartHelp]]:
    """Return the name of the configuration called *source* and all its settings, those that are yet to be given too.

    Nothing is built and no recording is opened.

    Raises:
        ConfigurationError: something in it is unknown or of the wrong kind.
    """
    name, tree = drafted(source, overrides or {})
    return name, part_outline(Experiment, tree)


def drafted(source: str | Path, overrides: Mapping[str, Any], whole: bool = False) -> tuple[str, dict[str, Any]]:
    """Return the name of *source* and its settings with *overrides*, not yet checked.

    Of a table a row must be chosen if it is to be *whole*.
    """
    choice = row_of(str(source), overrides)
    if choice is None:
        name, tree = read(str(source))
    else:
        if whole:
            choice.require_row()
        name, tree = choice.name, choice.tree()
        overrides = {key: value for key, value in overrides.items() if key not in CHOICES}
    alone = tree.get("pathways") is None and not any(key.partition(".")[0] == "pathways" for key in overrides)
    tree = based(tree) if alone else tree
    # outer names first: choosing a class drops the arguments of the class before it, wherever it stands in the line
    for key, value in sorted(overrides.items(), key=lambda item: item[0].count(".")):
        tree = changed(Experiment, tree, key.split("."), value)
    return name, based(tree) if alone else tree  # a gaze may have been taken away


def row_of(source: str, overrides: Mapping[str, Any]) -> RowChoice | None:
    """Return what *source* and *overrides* choose in a table, None if *source* is a file or a preset of its own."""
    return None if kind_of(Path(source)) == "file" or source in registry.presets() else chosen(source, overrides)


def checked(tree: dict[str, Any]) -> Resolved:
    """Return the experiment that *tree* describes."""
    with all_in_view(Experiment, tree):
        # what is misspelt is told before what it leaves missing
        require_known(Experiment, tree, "")
        require_one_form([key for key, value in tree.items() if value not in (None, "null")])
        return resolve_call(Experiment, tree, "")


def complete(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings in *tree*, of whatever age and spelling, as `Configuration.tree` has them.

    Raises:
        ConfigurationError: something in it is unknown or of the wrong kind.
    """
    alone = tree.get("pathways") is None
    return used(resolve_call(Experiment, based(tree) if alone else tree, "").plain)


def used(tree: dict[str, Any]) -> dict[str, Any]:
    """Return *tree* without the parts that an experiment of its form does not have."""
    return {name: value for name, value in tree.items() if value is not None or name not in (*PARTS, "pathways")}


def read(source: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the raw settings of a preset or file."""
    require(source != "", "'' is neither a file nor a preset: name one, or leave it out")
    path = Path(source)
    kind = kind_of(path)
    if kind == "file":
        return path.stem, parsed(text_of(path, source), source)
    known = registry.presets()
    if kind == "folder" and source not in known:
        if (path / "config.yaml").is_file():
            raise ConfigurationError(
                f"{source} holds a run: go on with it by `streamsim resume {source}`, "
                f"or give {path / 'config.yaml'} to run the same anew"
            )
        raise ConfigurationError(f"{source} is a folder: give a configuration file in it, or a preset")
    if path.suffix in (".yaml", ".yml", ".json"):
        raise ConfigurationError(f"there is no configuration file {source}: check the path, or name a preset")
    if path.parent != Path() and source not in known:
        tables = registry.tables()
        near = nearest(source, known) or nearest(path.parts[0], tables) or path.name  # also of those in a folder
        raise ConfigurationError(f"{source} is neither a file nor a preset: {suggestion(near, (*known, *tables))}")
    return source, parsed(text_of(registry.preset(source), f"preset {source}"), f"preset {source}")


def based(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return *tree*, of a single sense, with the parts that may go without saying, as `Sense` has them."""
    known = parameters(Sense)
    missing = [name for name in ("gaze", "order", "efference") if tree.get(name) in (None, "null")]
    return {**tree, **{name: known[name].default for name in missing}}


def tolerating(tree: dict[str, Any], on_damaged: str) -> dict[str, Any]:
    """Return a complete *tree* with every setting called on_damaged set.

    Raises:
        ConfigurationError: there is no such choice, or no such setting.
    """
    choice = plain(coerce(on_damaged, OnDamaged, "on-damaged"))
    after, count = replaced(tree, "on_damaged", choice)
    require(
        count > 0, "--on-damaged is for worlds that read recordings, and this experiment has none with it: leave it out"
    )
    return dict(after)


def replaced(node: Any, key: str, value: Any) -> tuple[Any, int]:  # noqa: ANN401
    """Return *node* with every setting called *key*, at any depth, set to *value*, and how many there are."""
    if isinstance(node, list):
        found = [replaced(n, key, value) for n in node]
        return [n for n, _ in found], sum(count for _, count in found)
    if isinstance(node, dict):
        named = {name: (value, 1) if name == key else replaced(n, key, value) for name, n in node.items()}
        return {name: n for name, (n, _) in named.items()}, sum(count for _, count in named.values())
    return node, 0


def kind_of(path: Path) -> str:
    """Return whether there is a file or a folder at *path*, or nothing."""
    try:
        return "file" if path.is_file() else "folder" if path.is_dir() else ""
    except OSError as error:
        raise unreadable(str(path), error) from None


def text_of(file: Traversable, origin: str) -> str:
    """Return the text in *file*."""
    try:
        require(not isinstance(file, Path) or file.stat().st_size <= LENGTH, f"{origin} {TOO_LONG}: shorten it")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{origin} is not text in UTF-8 at line {line}: save it in that encoding") from None
    except OSError as error:
        raise unreadable(origin, error) from None


def unreadable(origin: str, error: OSError) -> ConfigurationError:
    """Return the error to raise when the system refuses a configuration."""
    return ConfigurationError(f"{origin} cannot be read: {error.strerror}; check the path and its permissions")
