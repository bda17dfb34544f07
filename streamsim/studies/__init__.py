"""Many runs in one folder: settings that vary, cells that are computed once, one table."""

from .commands import asked, number, report, resume, status, sweep
from .study import Study, is_study
from .table import ResultTable, frame_columns, table_of

__all__ = [
    "ResultTable",
    "Study",
    "asked",
    "frame_columns",
    "is_study",
    "number",
    "report",
    "resume",
    "status",
    "sweep",
    "table_of",
]
