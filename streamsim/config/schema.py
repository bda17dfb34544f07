"""Settings against signatures: every name and value is checked before anything is made, one sentence per mistake."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from streamsim.contracts import ConfigurationError

from .mistakes import ABSENT, MissingSetting, UnknownSetting
from .registry import choose, is_part
from .values import coerce, plain, readable


@dataclass(frozen=True)
class Resolved:
    """A checked setting.

    Attributes:
        plain: its complete form in YAML, defaults filled in.
        make: builds the object that it describes.
    """

    plain: Any
    make: Callable[[], Any]


def resolve(value: Any, annotation: Any, path: str) -> Resolved:  # noqa: ANN401  settings may be anything
    """Check *value*, the setting called *path*, against *annotation*.

    Raises:
        ConfigurationError: a name is unknown, or a value is of the wrong kind.
    """
    if value is ABSENT:
        return Resolved(ABSENT, lambda: ABSENT)
    members = get_args(annotation) if is_union(annotation) else (annotation,)
    if type(None) in members and value in (None, "null"):
        return Resolved(None, lambda: None)
    parts = [m for m in members if is_part(m)]
    if parts and (len(parts) == len([m for m in members if m is not type(None)]) or isinstance(value, dict)):
        return resolve_part(value, tuple(parts), path)
    for member in members:
        if element(member) is not None:
            return resolve_many(value, member, path)
    made = coerce(value, annotation, path)
    return Resolved(plain(made), lambda: made)


def resolve_part(value: Any, bases: tuple[type, ...], path: str) -> Resolved:  # noqa: ANN401
    """Check a class and its arguments: a name, `class_path` with `init_args`, or arguments of the only class."""
    value = loaded(value)
    if isinstance(value, str):
        value = {"class_path": value}
    if not isinstance(value, dict):
        raise ConfigurationError(f"{path} must be the name of a class or its settings (got {value!r})")
    value = dict(value)
    class_path, chosen = choose(value.pop("class_path", None), bases, path)
    # init_args win: that is where overrides go
    within = value.pop("init_args", None) or {}
    arguments = {**value, **within}
    call = resolve_call(chosen, arguments, path)
    return Resolved({"class_path": class_path, "init_args": call.plain}, call.make)


def resolve_call(chosen: type, arguments: Mapping[str, Any], path: str) -> Resolved:
    """Check *arguments* against the signature of *chosen*; plain are its arguments alone."""
    require_known(chosen, arguments, path)
    known = parameters(chosen)
    resolved = {n: resolve(v, known[n].annotation, dotted(path, n)) for n, v in arguments.items() if n in known}
    for name, parameter in known.items():
        if name not in arguments and parameter.default is parameter.empty:
            raise MissingSetting(dotted(path, name), chosen.__name__, readable(parameter.annotation))
    defaults = {n: plain(p.default) for n, p in known.items() if n not in resolved and is_plain(p.default)}
    complete = {n: resolved[n].plain if n in resolved else defaults[n] for n in known if n in resolved or n in defaults}
    return Resolved(complete, lambda: chosen(**{n: r.make() for n, r in resolved.items()}))


def require_known(chosen: type, arguments: Mapping[str, Any], path: str) -> None:
    """Raise `UnknownSetting` if one of *arguments* is none of *chosen*'s."""
    known = parameters(chosen)
    for name, value in arguments.items():
        if name not in known and value is not ABSENT:
            raise UnknownSetting(dotted(path, name), chosen.__name__, [dotted(path, n) for n in known])


def resolve_many(value: Any, annotation: Any, path: str) -> Resolved:  # noqa: ANN401
    """Check a list or dictionary whose elements are classes with arguments."""
    value = loaded(value)
    kind = element(annotation)
    if not isinstance(value, dict if is_mapping(annotation) else list):
        raise ConfigurationError(f"{path} must be {readable(annotation)} (got {value!r})")
    if isinstance(value, dict):
        named = {str(n): resolve(v, kind, dotted(path, str(n))) for n, v in value.items()}
        return Resolved({n: r.plain for n, r in named.items()}, lambda: {n: r.make() for n, r in named.items()})
    listed = [resolve(v, kind, dotted(path, str(i))) for i, v in enumerate(value)]
    return Resolved([r.plain for r in listed], lambda: [r.make() for r in listed])


def parameters(chosen: type) -> dict[str, inspect.Parameter]:
    """Return the arguments of a class by name, with evaluated annotations; `**kwargs` reaches on to its base."""
    found: dict[str, inspect.Parameter] = {}
    for owner in chosen.__mro__:
        if "__init__" not in vars(owner) or owner is object:
            continue
        make = vars(owner)["__init__"]
        hints = get_type_hints(make)
        listed = list(inspect.signature(make).parameters.values())[1:]
        for p in listed:
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
                found.setdefault(p.name, p.replace(annotation=hints.get(p.name, Any)))
        if not any(p.kind is p.VAR_KEYWORD for p in listed):
            break
    return found


def is_union(annotation: Any) -> bool:  # noqa: ANN401
    """Return whether *annotation* is `A | B`, in either spelling."""
    return str(get_origin(annotation)) in ("typing.Union", "<class 'types.UnionType'>", "<class 'typing.Union'>")


def element(annotation: Any) -> Any:  # noqa: ANN401
    """Return the class of the elements of a list or dictionary type if it is a part to be built, else None."""
    origin = get_origin(annotation)
    if not (isinstance(origin, type) and issubclass(origin, (Sequence, Mapping))):
        return None
    kinds = [a for a in get_args(annotation) if a is not Ellipsis]
    inner = get_args(kinds[-1]) if kinds and is_union(kinds[-1]) else kinds[-1:]
    return kinds[-1] if any(is_part(a) for a in inner) else None


def is_mapping(annotation: Any) -> bool:  # noqa: ANN401
    """Return whether *annotation* is a dictionary type."""
    return issubclass(get_origin(annotation), Mapping)


def loaded(value: Any) -> Any:  # noqa: ANN401
    """Return *value*, read as YAML if it is text for a dictionary or a list."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError:
        return value


def is_plain(default: Any) -> bool:  # noqa: ANN401
    """Return whether a default can be written in YAML."""
    if isinstance(default, (list, tuple)):
        return all(is_plain(d) for d in default)
    return default is None or isinstance(plain(default), (bool, int, float, str))


def dotted(path: str, name: str) -> str:
    """Return the name of a setting inside *path*."""
    return f"{path}.{name}" if path else name
