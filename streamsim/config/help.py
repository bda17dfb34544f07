"""Every setting of a configuration with what it means: a walk along the signatures and docstrings of its classes."""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import yaml

from streamsim.contracts import ConfigurationError, MissingSetting, UnknownSetting

from .names import choose, known_classes
from .overrides import changed
from .parts import collection_in, element, is_part, members, parameters
from .registry import first_sentence
from .schema import resolve_call
from .spelling import ABSENT, dotted
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
class PartHelp:
    """A part of a configuration and its settings, without those of the parts inside it.

    Attributes:
        name: the dotted name of the part, nothing for the whole.
        owner: the name of its class.
        role: what the part is for, as the class that it is an argument of says.
        text: the first sentence of its class's docstring.
        others: names of the classes that may stand in its place, its own among them.
        settings: its settings in the order of the signature.
        knobs: dotted names of those that may change while a run goes on.
    """

    name: str
    owner: str
    role: str
    text: str
    others: tuple[str, ...]
    settings: tuple[Setting, ...]
    knobs: tuple[str, ...] = ()


def sections(
    chosen: type, arguments: Mapping[str, Any], name: str = "", role: str = "", others: tuple[str, ...] = ()
) -> Iterator[PartHelp]:
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
    text = first_sentence(inspect.getdoc(chosen) or "")
    declared = getattr(chosen, "knobs", ())
    knobs = tuple(dotted(name, argument) for argument in parameters(chosen) if argument in declared)
    yield PartHelp(name, chosen.__name__, role, text, others, tuple(settings), knobs)
    for part, node, annotation, text in inner:
        owner = class_of(node, annotation, part)
        yield from sections(owner, node["init_args"], part, text, choices(annotation))


def parts(value: Any, annotation: Any, name: str) -> list[tuple[str, Any, Any]]:  # noqa: ANN401
    """Return name, settings and annotation of the parts that the setting *name* holds: itself, or those in it."""
    if is_part_of_tree(value):
        return [(name, value, annotation)]
    inside = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    many = collection_in(annotation)
    return [(dotted(name, str(key)), node, element(many)) for key, node in inside if is_part_of_tree(node)]


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


def shown(value: Any) -> str | None:  # noqa: ANN401
    """Return *value* as the command line takes it."""
    if value is ABSENT:
        return None
    if value is UNWRITTEN:
        return "(default)"
    text = yaml.safe_dump(value, default_flow_style=True, width=float("inf"), sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def arguments_of(chosen: type) -> dict[str, str]:
    """Return what the docstrings of *chosen* and of its bases say of each argument, on one line each."""
    found: dict[str, str] = {}
    for owner in chosen.__mro__:
        for name, text in _said_by(owner).items():
            found.setdefault(name, _followed(owner, name, text))
    return found


def _said_by(owner: type) -> dict[str, str]:
    """Return what the docstring of *owner* alone says of each argument."""
    from docstring_parser import DocstringStyle, parse  # noqa: PLC0415  only help needs it

    described = parse(inspect.cleandoc(vars(owner).get("__doc__") or ""), DocstringStyle.GOOGLE)
    return {p.arg_name: " ".join((p.description or "").split()) for p in described.params}


def _followed(owner: type, name: str, text: str) -> str:
    """Return *text*, or if it only refers to another class ("as in `Other`."), what that class says of *name*."""
    reference = re.fullmatch(r"as in `(\w+)`\.?", text)
    if reference is None:
        return text
    base = next((c for c in owner.__mro__[1:] if c.__name__ == reference[1]), None)
    other = base or getattr(sys.modules[owner.__module__], reference[1], None)
    return arguments_of(other).get(name, text) if isinstance(other, type) and other is not owner else text


def part_outline(chosen: type, arguments: Mapping[str, Any]) -> list[PartHelp]:
    """Return all settings of the class *chosen* with *arguments*, those that are yet to be given too.

    Raises:
        ConfigurationError: something in them is unknown or of the wrong kind.
    """
    with all_in_view(chosen, arguments):
        return list(sections(chosen, with_gaps(chosen, arguments)))


def with_gaps(chosen: type, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return *arguments* with their defaults, and `ABSENT` wherever a setting without a default is not given."""
    while True:
        try:
            found: dict[str, Any] = resolve_call(chosen, arguments, "").plain
        except MissingSetting as error:
            arguments = changed(chosen, arguments, error.name.split("."), ABSENT)
        else:
            return found


@contextmanager
def all_in_view(chosen: type, arguments: Mapping[str, Any]) -> Iterator[None]:
    """Tell of an unknown setting with all settings of the class *chosen* with *arguments* in view."""
    try:
        yield
    except UnknownSetting as error:
        try:
            rest = with_gaps(chosen, changed(chosen, arguments, error.name.split("."), ABSENT))
        except ConfigurationError:  # there is more than one mistake in them
            raise error from None
        names = [setting.name for part in sections(chosen, rest) for setting in part.settings]
        raise error.among(names) from None
