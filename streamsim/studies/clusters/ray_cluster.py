"""The way to a Ray cluster: found before it is joined, and without a word on the terminal."""

import importlib
import importlib.util
import logging
import os
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path
from typing import Any

from streamsim.contracts import one_line
from streamsim.studies.launchers import LaunchError

LONGEST = 25.0
"""Seconds within which a cluster must answer. Ray itself would try for minutes, and complain to the terminal."""

TRY = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False)"

NONE = "Could not find any running Ray instance"

QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}
"""Nothing is reported to Ray's makers."""


def installed() -> None:
    """Raise `LaunchError` unless Ray is installed."""
    if importlib.util.find_spec("ray") is None:
        raise LaunchError("Ray is not installed: pip install 'streamsim[ray]', here and on all machines of the cluster")


@contextmanager
def joined(address: str) -> Iterator[Any]:
    """Yield the module ray, connected to the cluster at *address*; a connection that there was before is kept.

    Raises:
        LaunchError: no cluster answers there, or it is lost.
    """
    ray: Any = importlib.import_module("ray")
    if ray.is_initialized():
        yield ray
        return
    if address != "local":
        find(address)
    with quiet(), chdir(Path.cwd().anchor):  # workers would import from the current folder, which may be a stranger's
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, include_dashboard=False)
        except (RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
            raise unanswered(address, str(error)) from None
    try:
        yield ray
    except ray.exceptions.RayError as error:
        raise LaunchError(
            f"the Ray cluster was lost ({one_line(str(error))}): when there is one again, go on by `streamsim resume`"
        ) from error
    finally:
        ray.shutdown()


def require_cluster(address: str) -> None:
    """Raise `LaunchError` unless there is a cluster at *address* to join; one that has been joined is."""
    ray: Any = importlib.import_module("ray")
    if address != "local" and not ray.is_initialized():
        find(address)


def find(address: str) -> None:
    """Raise `LaunchError` unless a cluster answers at *address*; a process is sent, which can be ended."""
    knock(address)
    command = [sys.executable, "-P", "-c", TRY, address]  # -P: a stranger's folder may hold a ray.py
    places = {**os.environ, **QUIET}
    try:
        done = subprocess.run(
            command, env=places, capture_output=True, text=True, errors="replace", timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise unanswered(address, f"there was no answer in {LONGEST:.0f} s") from None
    if done.returncode:
        raise unanswered(address, done.stderr)


def knock(address: str) -> None:
    """Raise `LaunchError` if nothing listens at *address*, HOST:PORT, which shows at once."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=LONGEST / 5).close()
    except (OSError, OverflowError) as error:
        raise unanswered(address, str(error)) from None


def unanswered(address: str, why: str) -> LaunchError:
    """Return the error to raise if no cluster answers."""
    lines = [line for line in why.splitlines() if line.strip()]
    last = "none is running here" if NONE in why else one_line(lines[-1]) if lines else "nothing was said"
    return LaunchError(
        f"no Ray cluster can be joined at {address!r} ({last}): start one by `ray start --head`, or give the address "
        "of one, --on '{Ray: {address: \"HOST:PORT\"}}'"
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Ray from warning, and from taking over signals that stop a study."""
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, number, signal.getsignal(number))
        before = {name: os.environ.get(name) for name in QUIET}
        stack.callback(restore, before)
        os.environ |= QUIET
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield


def restore(before: dict[str, str | None]) -> None:
    """Make environment variables what they were *before*."""
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
