"""Where a run can live."""

import torch

from .errors import ConfigurationError, require


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
