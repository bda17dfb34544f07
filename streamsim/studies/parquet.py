"""The table of a study as Parquet, where pyarrow is installed."""

import importlib
import io
from collections.abc import Sequence
from typing import Any

from .table import ResultTable
from .varied import Value, plain


def in_parquet(table: ResultTable) -> bytes | None:
    """Return *table* as a Parquet file, None where pyarrow is not installed."""
    try:
        arrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
    except ImportError:
        return None
    file = io.BytesIO()
    columns = {name: of_one_kind(values) for name, values in table.by_column().items()}
    parquet.write_table(arrow.table(columns), file)
    return file.getvalue()


def of_one_kind(values: Sequence[Value]) -> list[Value]:
    """Return *values* as they are if they are all truths, all numbers or all texts, else as texts."""
    kinds = {bool if isinstance(value, bool) else str if isinstance(value, str) else float for value in known(values)}
    if len(kinds) > 1:
        return [None if value is None else plain(value) for value in values]
    whole = all(isinstance(value, int) for value in known(values))
    return list(values) if whole or kinds != {float} else [None if v is None else float(v) for v in values]


def known(values: Sequence[Value]) -> list[Value]:
    """Return those of *values* that are known."""
    return [value for value in values if value is not None]
