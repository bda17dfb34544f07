"""Many runs in one folder: settings that vary, cells that are computed once, one table."""

from .commands import asked, number, report, resume, status, sweep
from .plans import Plan
from .reproductions import markdown_of, read_csv, rows_asked
from .study import Study, is_study
from .table import ResultTable, frame_columns, table_of

__all__ = [
    "Plan",
    "ResultTable",
    "Study",
    "asked",
    "frame_columns",
    "is_study",
    "markdown_of",
    "number",
    "read_csv",
    "report",
    "resume",
    "rows_asked",
    "status",
    "sweep",
    "table_of",
]
