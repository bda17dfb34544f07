"""Settings against signatures: every name and value is checked before anything is made, one sentence per mistake."""

import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from streamsim.contracts import ConfigurationError, MissingSetting, StreamsimError, UnknownSetting, shown

from .names import choose, name_of
from .parts import bases_in, collection_in, described, element, is_mapping, members, parameters
from .spelling import ABSENT, dotted, loaded, taken_apart
from .values import coerce, plain, readable


@dataclass(frozen=True)
class Resolved:
    """A checked setting.

    Attributes:
        plain: its complete form, defaults filled in; a part is its `class_path` and `init_args`.
        written: the same as a person would write it, see `as_written`.
        make: builds the object that it describes.
    """

    plain: Any
    written: Any
    make: Callable[[], Any]


def resolve(value: Any, annotation: Any, path: str) -> Resolved:  # noqa: ANN401  settings may be anything
    """Check *value*, the setting called *path*, against *annotation*.

    Raises:
        ConfigurationError: a name is unknown, or a value is of the wrong kind.
    """
    if value is ABSENT:
        return Resolved(ABSENT, ABSENT, lambda: ABSENT)
    if type(None) in members(annotation) and value in (None, "null"):
        return Resolved(None, None, lambda: None)
    bases = bases_in(annotation, value)
    if bases:
        return resolve_part(value, bases, path)
    many = collection_in(annotation)
    if many is not None:
        return resolve_many(value, many, path)
    made = coerce(value, annotation, path)
    return Resolved(plain(made), plain(made), lambda: made)


def resolve_part(value: Any, bases: tuple[type, ...], path: str) -> Resolved:  # noqa: ANN401
    """Check a part: its name, name and settings, settings of the only class, or a default itself."""
    name, chosen, arguments = opened(value, bases, path)
    call = resolve_call(chosen, arguments, path)
    full = {"class_path": name, "init_args": call.plain}
    return Resolved(full, as_written(name, call.written, bases == (chosen,)), call.make)


def opened(value: Any, bases: tuple[type, ...], path: str) -> tuple[str, type, dict[str, Any]]:  # noqa: ANN401
    """Return the name, the class and the arguments of the part that *value* describes.

    Raises:
        ConfigurationError: it describes none, or none of *bases*.
    """
    if isinstance(value, bases):
        return name_of(type(value), bases), type(value), described(value)
    name, arguments = taken_apart(value, bases, path)
    return *choose(name, bases, path), arguments


def as_written(name: str, settings: dict[str, Any], understood: bool) -> Any:  # noqa: ANN401
    """Return a part as `name`, `{name: settings}`, or its settings alone where the class is *understood*."""
    if not settings:
        return name
    return settings if understood else {name: settings}


def resolve_call(chosen: type, arguments: Mapping[str, Any], path: str) -> Resolved:
    """Check *arguments* against the signature of *chosen*; plain are its arguments alone."""
    require_known(chosen, arguments, path)
    known = parameters(chosen)
    given = {n: v for n, v in arguments.items() if n in known and not is_default(v, known[n])}
    resolved = {n: resolve(v, known[n].annotation, dotted(path, n)) for n, v in given.items()}
    for name, parameter in known.items():
        if name not in given and parameter.default is parameter.empty:
            raise MissingSetting(dotted(path, name), chosen.__name__, readable(parameter.annotation))
    filled = {n: resolved[n] if n in resolved else resolve_default(p, dotted(path, n)) for n, p in known.items()}
    shown = {n: r for n, r in filled.items() if r is not None}
    return Resolved(
        {n: r.plain for n, r in shown.items()},
        {n: r.written for n, r in shown.items()},
        lambda: built(chosen, {n: r.make() for n, r in resolved.items()}, path),
    )


def require_known(chosen: type, arguments: Mapping[str, Any], path: str) -> None:
    """Raise `UnknownSetting` if one of *arguments* is none of *chosen*'s."""
    known = parameters(chosen)
    for name, value in arguments.items():
        if name not in known and value is not ABSENT:
            raise UnknownSetting(dotted(path, name), chosen.__name__, [dotted(path, n) for n in known])


def is_default(value: Any, parameter: inspect.Parameter) -> bool:  # noqa: ANN401
    """Return whether *value* is a null in place of a part that has a default, as files of former versions hold it."""
    part = bases_in(parameter.annotation, value) or collection_in(parameter.annotation)
    optional = type(None) in members(parameter.annotation)
    return value in (None, "null") and bool(part) and not optional and parameter.default is not parameter.empty


def resolve_default(parameter: inspect.Parameter, path: str) -> Resolved | None:
    """Return a default as if it had been given, or None where it cannot be written in YAML."""
    value, annotation = parameter.default, parameter.annotation
    if bases_in(annotation, value) or collection_in(annotation) is not None:
        return resolve(value, annotation, path)
    return Resolved(plain(value), plain(value), lambda: value) if is_plain(value) else None


def built(chosen: type, arguments: dict[str, Any], path: str) -> Any:  # noqa: ANN401
    """Make a part.

    Raises:
        ConfigurationError: its constructor failed with an error that is no sentence to the user.
    """
    try:
        return chosen(**arguments)
    except StreamsimError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise ConfigurationError(
            f"{chosen.__name__} cannot be made from {path or 'its settings'}: {type(error).__name__}: {error} "
            f"({place.filename}, line {place.lineno}); change its settings or mend its constructor"
        ) from error


def resolve_many(value: Any, annotation: Any, path: str) -> Resolved:  # noqa: ANN401
    """Check a list or dictionary whose elements are classes with arguments."""
    value = loaded(value)
    kind = element(annotation)
    if not isinstance(value, Mapping if is_mapping(annotation) else (list, tuple)):
        raise ConfigurationError(f"{path} must be {readable(annotation)} (got {shown(value)})")
    if isinstance(value, Mapping):
        named = {str(n): resolve(v, kind, dotted(path, str(n))) for n, v in value.items()}
        plains, words = ({n: getattr(r, form) for n, r in named.items()} for form in ("plain", "written"))
        return Resolved(plains, words, lambda: {n: r.make() for n, r in named.items()})
    listed = [resolve(v, kind, dotted(path, str(i))) for i, v in enumerate(value)]
    return Resolved([r.plain for r in listed], [r.written for r in listed], lambda: [r.make() for r in listed])


def is_plain(default: Any) -> bool:  # noqa: ANN401
    """Return whether a default can be written in YAML."""
    if isinstance(default, (list, tuple)):
        return all(is_plain(d) for d in default)
    return default is None or isinstance(plain(default), (bool, int, float, str))
