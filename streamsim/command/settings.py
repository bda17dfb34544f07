"""The settings of a configuration, shown as help."""

import sys

from streamsim.contracts import visible

SETTINGS = """\
Every setting of {name} with its present value, to be given as --NAME VALUE.
Null stands for None. `streamsim run --help` shows options such as --out."""


def show_help(source: str, settings: dict[str, str]) -> int:
    """Show every setting of the configuration called *source*, changed by *settings*."""
    from streamsim.config import outline  # noqa: PLC0415
    from streamsim.runs import show_settings  # noqa: PLC0415

    name, parts = outline(source, settings)
    missing = [f"--{visible(setting.name)}" for part in parts for setting in part.settings if setting.value is None]
    missing_ones = f"\nMust be given: {', '.join(missing)}" if missing else ""
    sys.stdout.write(f"{SETTINGS.format(name=visible(name))}{missing_ones}\n\n")
    show_settings(parts)
    return 0
