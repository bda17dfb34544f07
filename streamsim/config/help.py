"""Every setting of a configuration with what it means: a walk along the signatures and docstrings of its classes."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

import yaml

from .docstrings import arguments_of, first_sentence
from .mistakes import ABSENT
from .registry import choose, is_part, known_classes
from .schema import dotted, element, is_union, parameters
from .values import readable

UNWRITTEN: Final[Any] = object()
"""Stands for a default that only its class knows."""


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: its dotted name.
        value: its present value as the command line takes it, or None if it is yet to be given.
        kind: in words, what it takes.
        text: what the docstring of its class says of it.
    """

    name: str
    value: str | None
    kind: str
    text: str


@dataclass(frozen=True)
class Section:
    """A part of a configuration and its settings, without those of the parts inside it.

    Attributes:
        name: the dotted name of the part, nothing for the whole.
        owner: the name of its class.
        role: what the part is for, as the class that it is an argument of says.
        text: the first sentence of its class's docstring.
        others: names of the classes that may stand in its place, its own among them.
        settings: its settings in the order of the signature.
    """

    name: str
    owner: str
    role: str
    text: str
    others: tuple[str, ...]
    settings: tuple[Setting, ...]


def sections(
    chosen: type, arguments: Mapping[str, Any], name: str = "", role: str = "", others: tuple[str, ...] = ()
) -> Iterator[Section]:
    """Yield the part called *name*, of class *chosen*, and then the parts inside it.

    Args:
        chosen: a class.
        arguments: its complete, plain arguments; `ABSENT` for those that are yet to be given.
        name: the dotted name of the part.
        role: what it is for.
        others: what may stand in its place.
    """
    texts = arguments_of(chosen)
    settings: list[Setting] = []
    inner: list[tuple[str, Any, Any, str]] = []
    for argument, parameter in parameters(chosen).items():
        full, text = dotted(name, argument), texts.get(argument, "")
        value = arguments.get(argument, UNWRITTEN)
        if found := parts(value, parameter.annotation, full):
            inner += [(*part, text) for part in found]
        else:
            settings.append(Setting(full, shown(value), kind(parameter.annotation), text))
    yield Section(name, chosen.__name__, role, first_sentence(inspect.getdoc(chosen) or ""), others, tuple(settings))
    for part, node, annotation, text in inner:
        owner = class_of(node, annotation, part)
        yield from sections(owner, node["init_args"], part, text, choices(annotation))


def parts(value: Any, annotation: Any, name: str) -> list[tuple[str, Any, Any]]:  # noqa: ANN401
    """Return name, settings and annotation of the parts that the setting *name* holds: itself, or those in it."""
    if is_part_of_tree(value):
        return [(name, value, annotation)]
    inside = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    kinds = [element(a) for a in members(annotation) if element(a) is not None]
    return [(dotted(name, str(key)), node, kinds[0]) for key, node in inside if kinds and is_part_of_tree(node)]


def is_part_of_tree(value: Any) -> bool:  # noqa: ANN401
    """Return whether *value* stands for an object: a class and its arguments."""
    return isinstance(value, dict) and set(value) == {"class_path", "init_args"}


def class_of(node: Mapping[str, Any], annotation: Any, name: str) -> type:  # noqa: ANN401
    """Return the class of the part called *name*."""
    return choose(node["class_path"], bases(annotation), name)[1]


def bases(annotation: Any) -> tuple[type, ...]:  # noqa: ANN401
    """Return the classes of parts that *annotation* takes."""
    return tuple(m for m in members(annotation) if is_part(m))


def choices(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the names of the parts that *annotation* takes, as far as they are known."""
    return tuple(sorted(known_classes(bases(annotation)))) if bases(annotation) else ()


def kind(annotation: Any) -> str:  # noqa: ANN401
    """Return *annotation* in words; a part by the names that there are."""
    names = choices(annotation)
    or_null = " or null" if type(None) in members(annotation) else ""
    return f"one of {', '.join(names)}{or_null}" if names else readable(annotation)


def members(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Return the types that *annotation* is a union of, or itself."""
    return get_args(annotation) if is_union(annotation) else (annotation,)


def shown(value: Any) -> str | None:  # noqa: ANN401
    """Return *value* as the command line takes it."""
    if value is ABSENT:
        return None
    if value is UNWRITTEN:
        return "(default)"
    text = yaml.safe_dump(value, default_flow_style=True, width=float("inf"), sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
