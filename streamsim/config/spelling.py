"""How parts are spelt in YAML: a name, a name with settings, or, as of old, `class_path` with `init_args`."""

import inspect
from typing import Any, Final

import yaml

from streamsim.contracts import ConfigurationError, shown

from .parts import parameters
from .reading import RefusedText, read_yaml

LINE = 100  # characters that may stand in one line, as Python would write them

ABSENT: Final[Any] = object()
"""Stands among arguments for one that is yet to be given, or that is not to be looked at."""


def taken_apart(value: Any, bases: tuple[type, ...], path: str) -> tuple[str | None, dict[str, Any]]:  # noqa: ANN401
    """Return the name in the description of a part, or None where it goes without saying, and the settings.

    Raises:
        ConfigurationError: *value* is neither a name nor settings.
    """
    value = loaded(value)
    if isinstance(value, str):
        return value, {}
    if not isinstance(value, dict):
        raise ConfigurationError(f"{path} must be the name of a class or its settings (got {shown(value)})")
    value = {str(name): inner for name, inner in value.items()}
    if "class_path" in value or "init_args" in value:
        return spelt_out(value, path)
    if names_class(value, bases):
        ((name, settings),) = value.items()
        return name, {str(inner): v for inner, v in (settings or {}).items()}
    return None, value


def spelt_out(value: dict[str, Any], path: str) -> tuple[str | None, dict[str, Any]]:
    """Return the `class_path` in *value* and its `init_args`, to which the settings beside them belong too.

    Raises:
        ConfigurationError: they are not a name and settings.
    """
    name, settings = value.get("class_path"), loaded(value.get("init_args")) or {}
    if not isinstance(name, str | None):
        raise ConfigurationError(f"{dotted(path, 'class_path')} must be the name of a class (got {shown(name)})")
    if not isinstance(settings, dict):
        raise ConfigurationError(f"{dotted(path, 'init_args')} must be settings by name (got {shown(settings)})")
    beside = {name: v for name, v in value.items() if name not in ("class_path", "init_args")}
    # init_args win: that is where overrides go
    return name, {**beside, **{str(inner): v for inner, v in settings.items()}}


def names_class(value: dict[Any, Any], bases: tuple[type, ...]) -> bool:
    """Return whether *value* is `{name: settings}` and not settings alone, of which one may be a dictionary too."""
    if len(value) != 1:
        return False
    ((key, inner),) = value.items()
    own = any(key in parameters(base) for base in bases if not inspect.isabstract(base))
    return not own and (inner is None or isinstance(inner, dict))


def loaded(value: Any) -> Any:  # noqa: ANN401
    """Return *value*, read as YAML if it is text for a dictionary or a list."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return read_yaml(value)
    except RefusedText as error:
        raise ConfigurationError(f"the value {shown(value)} cannot be used: {error.problem}") from None
    except yaml.YAMLError:
        return value


class _Dumper(yaml.SafeDumper):
    """Writes what fits into a line as a line, and the rest indented."""

    whole: Any = None

    def represent(self, data: object) -> None:
        self.whole = data
        super().represent(data)

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:  # noqa: ANN401
        return super().represent_mapping(tag, mapping, flow_style=mapping is not self.whole and fits(mapping))

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:  # noqa: ANN401
        parts = any(isinstance(item, dict) for item in sequence)
        node = super().represent_sequence(tag, sequence, flow_style=fits(sequence) and not parts)
        for item in node.value:
            if isinstance(item, yaml.MappingNode) and len(item.value) == 1:
                item.flow_style = False  # a name and its settings, without braces around them
        return node

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:
        return True


def fits(collection: Any) -> bool:  # noqa: ANN401
    """Return whether a list or dictionary may stand in one line."""
    return len(str(collection)) <= LINE


def in_yaml(settings: dict[str, Any]) -> str:
    """Return *settings* as YAML for people."""
    return str(yaml.dump(settings, Dumper=_Dumper, sort_keys=False, width=2 * LINE))


def dotted(path: str, name: str) -> str:
    """Return the name of a setting inside *path*."""
    return f"{path}.{name}" if path else name
