"""`streamsim check`: a plug-in against the contract of its kind."""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

from streamsim.config import (
    PartHelp,
    all_in_view,
    changed,
    choose,
    entries,
    import_class,
    loaded_entry,
    part_outline,
    resolve_call,
)
from streamsim.contracts import Agent, ConfigurationError, Environment, require

from .contract import ContractError, conduct

Check = Callable[[Any], None]


def conforms(name: str, settings: Mapping[str, str]) -> int:
    """Build the class called *name* from *settings*, check it, and return the exit status.

    Raises:
        ContractError: it breaks the contract.
        ConfigurationError: there is no such class, it lacks something, or none of its kind can be checked.
    """
    chosen = class_called(name)
    check = check_of(chosen)
    require_whole(chosen)
    arguments = arguments_in(chosen, settings)
    with all_in_view(chosen, arguments):
        part = resolve_call(chosen, arguments, "").make()
    try:
        conduct(check, part)
    except ContractError as error:
        raise ContractError(
            f"{chosen.__name__} does not pass {check.__name__}: {error}{where_to_look(chosen)}"
        ) from None
    sys.stdout.write(f"{chosen.__name__} passes {check.__name__}\n{untold(chosen)}")
    return 0


def settings_of(name: str, settings: Mapping[str, str]) -> list[PartHelp]:
    """Return all settings of the class called *name*, some of them changed by *settings*; nothing is built."""
    chosen = class_called(name)
    return part_outline(chosen, arguments_in(chosen, settings))


def class_called(name: str) -> type:
    """Return the class with a registered *name* or at a class path."""
    return choose(name, (Environment, Agent), "the class to check")[1] if is_short(name) else import_class(name)


def arguments_in(chosen: type, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return *settings* by dotted names as arguments of *chosen*."""
    tree: dict[str, Any] = {}
    for key, value in settings.items():
        tree = changed(chosen, tree, key.split("."), value)
    return tree


def require_whole(chosen: type) -> None:
    """Raise `ConfigurationError` if *chosen* does not define all that its kind must have."""
    missing = sorted(getattr(chosen, "__abstractmethods__", ()))
    require(
        not missing,
        f"{chosen.__name__} lacks {', '.join(missing)}: define them in the class, as attributes, properties or methods "
        "(what __init__ sets comes too late)",
    )


def where_to_look(chosen: type) -> str:
    """Return the end of a sentence that says where the contract of *chosen* is written down."""
    kind = next((kind for kind in (Environment, Agent) if issubclass(chosen, kind)), None)
    return f" (the contract is the docstring of streamsim.{kind.__name__})" if kind else ""


def untold(chosen: type) -> str:
    """Return a line that says what no check of a *chosen* class can find, or nothing."""
    if not issubclass(chosen, Agent):
        return ""
    return (
        f"{chosen.__name__} is given no ground truth; that it does not fetch it by itself, from the frames of its "
        "callers or from files, no check can tell: read its code\n"
    )


def is_short(name: str) -> bool:
    """Return whether *name* is no class path."""
    return "." not in name and ":" not in name


def check_of(chosen: type) -> Check:
    """Return the check for the kind of *chosen*."""
    for check in checks():
        kind = next(iter(get_type_hints(check).values()))
        if issubclass(chosen, kind):
            return check
    kinds = ", ".join(next(iter(get_type_hints(check).values())).__name__ for check in checks())
    raise ConfigurationError(f"{chosen.__name__} cannot be checked: there are checks for {kinds} (derive it from one)")


def checks() -> Iterator[Check]:
    """Yield the checks of the simulator's contracts, then those that packages register as `streamsim.checks`."""
    from .environment import check_environment  # noqa: PLC0415

    yield check_environment
    from .agent import check_agent  # noqa: PLC0415

    yield check_agent
    for entry in entries("checks").values():
        yield loaded_entry(entry)
