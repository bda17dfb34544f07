"""The folders that a command line names, and what may be imported because of them."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from streamsim.contracts import ConfigurationError, require, trusting
from streamsim.runs import current_folder, own_imports, require_run


@contextmanager
def opened(given: Namespace) -> Iterator[Path]:
    """Yield the run folder that a command line names; what it may import is what its user made or trusts.

    The current folder may be a stranger's too, and hold modules that libraries look for: so it is on the import path
    only for a run whose own modules may be there.
    """
    folder = folder_of(given)
    with ExitStack() as stack:
        if given.trust:
            stack.enter_context(trusting())
        if given.trust or own_imports(folder):
            stack.enter_context(current_folder())
        yield folder


def study_named(given: Namespace) -> Path | None:
    """Return the folder of a study that a command line names, None if it names something else."""
    if given.word is None:
        return None
    path = named_path(given.word)
    return path if (path / "study.yaml").is_file() and not (path / "config.yaml").exists() else None


def folder_of(given: Namespace) -> Path:
    """Return the run folder that a command line names."""
    require(given.word is not None, "give one run folder (got none)")
    path = named_path(given.word)
    require_run(path)
    return path


def named_path(name: str) -> Path:
    """Return the path that a command line names, of something that there may or may not be.

    Raises:
        ConfigurationError: nothing can be called so.
    """
    require(name != "", "'' names no folder: give its path, or . for the current folder")
    path = Path(name)
    try:
        path.exists()
    except OSError as error:
        raise ConfigurationError(f"{name[:80]!r} cannot be used: {error.strerror}; give another path") from None
    return path
