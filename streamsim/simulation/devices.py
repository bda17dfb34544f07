"""Where a simulation may live, and in how many processes."""

import os

import torch

from streamsim.contracts import ConfigurationError, require

from .team import size


def available(device: str | torch.device) -> torch.device:
    """Return *device* if a run can live on it and this machine has it.

    Raises:
        ConfigurationError: it cannot, or the machine has not.
    """
    unknown = f"device {str(device)!r} is not known: use cpu, cuda or cuda:N"
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise ConfigurationError(unknown) from None
    require(chosen.type == "cuda" or str(chosen) == "cpu", unknown)
    if chosen.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        absent = f"device {str(device)!r} is not available on this machine"
        require(count > 0, f"{absent}: use --device cpu")
        require((chosen.index or 0) < count, f"{absent}, which has {count} GPUs: use --device cuda:{count - 1} or less")
    return chosen


def placed(device: str) -> str:
    """Return where this process is to compute, of those on a machine that share the streams: each on a GPU of its own.

    Raises:
        ConfigurationError: *device* is one GPU, which they cannot share.
    """
    if size() == 1 or not device.startswith("cuda"):
        return device
    require(
        device == "cuda", f"processes that share a run cannot share a GPU (got --device {device}): use --device cuda"
    )
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"


def require_divisible(streams: int, processes: int) -> None:
    """Raise `ConfigurationError` unless so many *processes* can have as many *streams* each."""
    below, rest = divmod(streams, processes)
    likely = " or ".join(str(n * processes) for n in (below, below + 1) if n)
    require(
        rest == 0,
        f"streams must be a multiple of {processes}, the number of processes that share them (got {streams}): "
        f"give --streams {likely}, or start other processes",
    )
