"""Where a run came from: versions, seed, command and git state.

Nothing in it names the machine, unless the command line does, which is kept as it was typed.
"""

import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from streamsim.contracts import RunFolderError

from .rows import read_provenance

PACKAGES = ("streamsim", "torch", "torchvision", "numpy", "simpy")


def provenance(source: str, seed: int, command: Sequence[str], device: torch.device) -> dict[str, Any]:
    """Return the origin of a run that was configured from *source* by *command*."""
    return {
        "source": source,
        "command": ["streamsim", *command],
        "seed": seed,
        "python": platform.python_version(),
        "packages": {name: installed(name) for name in PACKAGES},
        "git": git_state(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "threads": torch.get_num_threads(),
    }


def other_threads(folder: Path) -> list[str]:
    """Return a warning if a run was begun with another number of threads than this process has."""
    try:
        before = read_provenance(folder).get("threads")
    except RunFolderError:  # which is nothing that a run needs
        return []
    now = torch.get_num_threads()
    if before in (None, now):
        return []
    return [
        f"the run began with {before} threads and goes on with {now}, so its last bits will not be those that it would "
        f"have had without the break: set OMP_NUM_THREADS={before} if they matter"
    ]


def installed(package: str) -> str | None:
    """Return the version of *package*."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def git_state() -> dict[str, Any] | None:
    """Return the commit of the checkout that streamsim runs from and whether it holds changes; None outside of one."""
    # an installed copy may lie in an environment inside a checkout of something else
    if git("ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None
    commit = git("rev-parse", "HEAD")
    return None if commit is None else {"commit": commit, "dirty": bool(git("status", "--porcelain"))}


def git(*arguments: str) -> str | None:
    """Return what git says about the folder of this package, or None where it fails or does not exist."""
    home = Path(__file__).parent
    try:
        done = subprocess.run(["git", *arguments], cwd=home, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
