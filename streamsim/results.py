"""What studies found, as data frames."""

import importlib
from pathlib import Path
from typing import Any

from .contracts import ConfigurationError


def study(path: str | Path) -> Any:  # noqa: ANN401  pandas is optional
    """Return the table of the study at *path* as a `pandas.DataFrame`, made of the cells that are finished by now.

    Raises:
        ConfigurationError: pandas is not installed.
        RunFolderError: there is no study.
    """
    from .studies import frame_columns  # noqa: PLC0415  not for those who only simulate

    columns = frame_columns(Path(path))
    try:
        pandas = importlib.import_module("pandas")
    except ImportError:
        raise ConfigurationError(
            f"a data frame needs pandas: pip install 'streamsim[studies]', or read {path}/table.csv, which "
            "`streamsim report` writes, with anything else"
        ) from None
    return pandas.DataFrame(columns)
