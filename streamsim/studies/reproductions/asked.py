"""From what a command line asks of a published table to the plan of a study."""

from collections.abc import Mapping

from streamsim.config import PublishedTable, outline, table_called
from streamsim.contracts import require
from streamsim.studies.plans import Plan, axes_of


def rows_asked(name: str, scale: str | None, rows: str | None, seeds: str | None, settings: Mapping[str, str]) -> Plan:
    """Return the study of the rows of a table.

    Args:
        name: of the table.
        scale: how much is computed; None for the table's first scale.
        rows: their names with commas between them, None for all rows.
        seeds: as values of a setting are written, such as 0,1,2 or 0:4:1; None for 0 alone.
        settings: that all cells share, such as the folders of the data.

    Raises:
        ConfigurationError: there is no such table, row or scale, or a folder is not given.
    """
    table = table_called(name)
    size = table.scale(scale)
    axes = axes_of([f"row={','.join(table.rows) if rows is None else rows}", f"seed={seeds or '0'}"])
    for point in axes[0].points():
        table.row(point["row"])
    refuse_missing(table, size, settings)
    return Plan(name, {"scale": size, **settings}, (tuple(axes),))


def refuse_missing(table: PublishedTable, scale: str, settings: Mapping[str, str]) -> None:
    """Raise `ConfigurationError` if the folder of a data set that is needed at a *scale* is not given."""
    _, parts = outline(table.name, {**settings, "scale": scale})
    lacking = {setting.name for part in parts for setting in part.settings if setting.value is None}
    needed = [one for one in table.data if one.setting in lacking]
    names = " and ".join(one.name for one in needed)
    give = ", and ".join(f"--{one.setting} with {one.folder}" for one in needed)
    require(not needed, f"{table.name} at the scale {scale} needs {names}: give {give}")
