"""Keeps freed memory in the process: a tick allocates and frees the same large blocks as the one before."""

import ctypes
import sys

# <malloc.h>
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST = 2**31 - 1


def keep_memory() -> bool:
    """Tell the C library to reuse freed blocks and not to return them to the operating system; return whether it will.

    By default glibc unmaps blocks of many megabytes as they are freed, so that each tick pays anew for having them
    zeroed page by page, which can take longer than the arithmetic. It concerns the whole process, and so it is for
    programs to call, not for libraries: `streamsim run` and the benchmarks do. Elsewhere than on Linux nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST)) and bool(mallopt(_M_TRIM_THRESHOLD, _LARGEST))
