"""Jobs of a study that a killed command has left in the queue of SLURM."""

import getpass
import hashlib
import subprocess
import time
from pathlib import Path

from streamsim.contracts import one_line
from streamsim.studies.launchers import LaunchError

LONGEST = 120.0
"""Seconds for jobs to save and to end."""


def name_for(study: Path) -> str:
    """Return what the jobs of the study in a folder are called."""
    return f"streamsim-{hashlib.sha256(str(study).encode(errors='surrogateescape')).hexdigest()[:10]}"


def clear(name: str) -> None:
    """End all jobs of this user that are called *name*, and wait until they have.

    Raises:
        LaunchError: SLURM does not answer, or they stay.
    """
    if not queued(name):
        return
    cancel(name)
    until = time.monotonic() + LONGEST
    while queued(name):
        if time.monotonic() > until:
            raise LaunchError(
                f"jobs called {name}, which an earlier command left in the queue, do not end: end them by `scancel "
                f"--name={name}`"
            )
        time.sleep(1.0)


def cancel(name: str) -> None:
    """Let all jobs of this user that are called *name* save and end, and none begin."""
    ask("scancel", f"--user={getpass.getuser()}", f"--name={name}")


def queued(name: str) -> bool:
    """Tell whether this user has jobs called *name* that wait or run."""
    return bool(ask("squeue", "--noheader", "--format=%i", f"--user={getpass.getuser()}", f"--name={name}").strip())


def ask(*command: str) -> str:
    """Return what a command of SLURM says.

    Raises:
        LaunchError: it fails.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=True)
    except subprocess.CalledProcessError as error:
        raise LaunchError(
            f"SLURM does not answer ({one_line(error.stderr or str(error))}): see whether `{command[0]}` works here"
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LaunchError(f"SLURM does not answer ({error}): see whether `{command[0]}` works here") from None
    return done.stdout
