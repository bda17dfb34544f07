"""Settings of which some are yet to be given, or misspelt: what there is all the same."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from streamsim.contracts import ConfigurationError

from .help import Section, sections
from .mistakes import ABSENT, MissingSetting, UnknownSetting
from .overrides import changed
from .schema import resolve_call


def part_outline(chosen: type, arguments: Mapping[str, Any]) -> list[Section]:
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
            arguments = changed(arguments, error.name.split("."), ABSENT)
        else:
            return found


@contextmanager
def all_in_view(chosen: type, arguments: Mapping[str, Any]) -> Iterator[None]:
    """Tell of an unknown setting with all settings of the class *chosen* with *arguments* in view."""
    try:
        yield
    except UnknownSetting as error:
        try:
            rest = with_gaps(chosen, changed(arguments, error.name.split("."), ABSENT))
        except ConfigurationError:  # there is more than one mistake in them
            raise error from None
        names = [setting.name for part in sections(chosen, rest) for setting in part.settings]
        raise error.among(names) from None
