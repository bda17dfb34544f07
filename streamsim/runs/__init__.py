"""One run in one folder: its checkpoints, what watches it, how it goes on."""

from .checkpoint import replace_file
from .console import show_catalogue, show_probes, show_settings
from .folder import RunFolder, explained, require_run
from .origin import provenance
from .probing import probe_run
from .process import keep_memory
from .revival import revive
from .session import Ending, Session

__all__ = [
    "Ending",
    "RunFolder",
    "Session",
    "explained",
    "keep_memory",
    "probe_run",
    "provenance",
    "replace_file",
    "require_run",
    "revive",
    "show_catalogue",
    "show_probes",
    "show_settings",
]
