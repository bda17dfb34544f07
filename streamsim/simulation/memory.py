"""What a simulation would take in memory, told before it is taken: who runs out of it is killed without a word."""

import math
import os
import re
from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from streamsim.contracts import ConfigurationError

SIZED = {"empty", "full", "ones", "rand", "randint", "randn", "repeat", "zeros"}
"""Operations of PyTorch that make a tensor of a given size."""

REMEDY = "lower the streams, or the channels, units, slots, ticks or pixels that make it so large"

SHORTAGE = ("can't allocate memory", "not enough memory", "out of memory", "overflowed", "multiplication overflow")
"""What PyTorch says when it cannot get memory, or cannot even count how much it would be."""


class _Watched:
    """What `WithinMemory` does; in a mode's own body PyTorch would import its compiler (two seconds) to wrap it."""

    def __torch_dispatch__(
        self,
        func: OpOverload[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Look at the sizes that an operation is asked for, then call it."""
        options = kwargs or {}
        on_cpu = torch.device(options.get("device") or "cpu").type == "cpu"
        if on_cpu and str(func).split(".")[1].removeprefix("new_") in SIZED:
            for size in (a for a in args if isinstance(a, (list, tuple))):
                dtype = options.get("dtype") or torch.get_default_dtype()
                require_memory(size, dtype.itemsize)
        return func(*args, **options)


class WithinMemory(_Watched, TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered, a tensor that is larger than this machine's memory is refused with a sentence.

    Raises:
        ConfigurationError: inside, when such a tensor is asked for.
    """


def require_memory(size: Collection[int], itemsize: int = 4) -> None:
    """Raise `ConfigurationError` if this machine cannot hold a tensor of *size* with *itemsize* bytes a number."""
    count, there = math.prod(size), physical()
    if count * itemsize > there:
        sizes = " x ".join(map(str, size))
        raise ConfigurationError(
            f"{sizes} numbers would take {in_words(count * itemsize)} of memory, and this machine has "
            f"{in_words(there)}: {REMEDY}"
        )


def physical() -> int:
    """Return the bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def in_words(size: int) -> str:
    """Return so many bytes in words."""
    units = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
    power = min((len(str(size)) - 1) // 3, len(units) - 1)
    return f"{size / 1000**power:.3g} {units[power]}"


def shortage(error: BaseException) -> str | None:
    """Return a sentence about *error* if memory, or numbers that count it, ran out, else None."""
    short = isinstance(error, (MemoryError, torch.OutOfMemoryError))
    if not short and not any(words in str(error) for words in SHORTAGE):
        return None
    wanted = re.search(r"allocate (\d+) bytes", str(error))
    what = f"a tensor of {in_words(int(wanted[1]))} takes" if wanted else "this takes"
    return f"{what} more memory than there is: {REMEDY}"
