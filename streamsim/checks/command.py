"""`streamsim check`: a plug-in against the contract of its kind."""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_type_hints

from streamsim.config import changed, choose, entries, import_class, resolve_call
from streamsim.contracts import Agent, ConfigurationError, Environment

Check = Callable[[Any], None]


def conforms(name: str, settings: Mapping[str, str]) -> int:
    """Build the class called *name* from *settings*, check it, and return the exit status.

    Raises:
        ContractError: it breaks the contract.
        ConfigurationError: there is no such class, or none of its kind can be checked.
    """
    chosen = choose(name, (Environment, Agent), "the class to check")[1] if is_short(name) else import_class(name)
    check = check_of(chosen)
    tree: dict[str, Any] = {}
    for key, value in settings.items():
        tree = changed(chosen, tree, key.split("."), value)
    check(resolve_call(chosen, tree, "").make())
    sys.stdout.write(f"{chosen.__name__} passes {check.__name__}\n")
    return 0


def is_short(name: str) -> bool:
    """Return whether *name* is no class path."""
    return "." not in name and ":" not in name


def check_of(chosen: type) -> Check:
    """Return the check for the kind of *chosen*."""
    for check in checks():
        kind = next(iter(get_type_hints(check).values()))
        if issubclass(chosen, kind):
            return check
    raise ConfigurationError(f"{chosen.__name__} is neither an Environment nor an Agent, nor of a kind with a check")


def checks() -> Iterator[Check]:
    """Yield the checks of the simulator's contracts, then those that packages register as `streamsim.checks`."""
    from .environment import check_environment  # noqa: PLC0415

    yield check_environment
    from .agent import check_agent  # noqa: PLC0415

    yield check_agent
    for entry in entries("checks").values():
        yield entry.load()
