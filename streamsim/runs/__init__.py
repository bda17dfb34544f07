"""One run in one folder: its checkpoints, what watches it, how it goes on."""

from .console import show_catalogue, show_probes, show_settings
from .folder import RunFolder, explained, require_run
from .origin import other_threads, provenance
from .probing import probe_run
from .process import keep_memory
from .revival import revive
from .rows import read_confusions, read_health, read_metrics, read_probes, read_provenance, read_summary
from .session import Ending, Session

__all__ = [
    "Ending",
    "RunFolder",
    "Session",
    "explained",
    "keep_memory",
    "other_threads",
    "probe_run",
    "provenance",
    "read_confusions",
    "read_health",
    "read_metrics",
    "read_probes",
    "read_provenance",
    "read_summary",
    "require_run",
    "revive",
    "show_catalogue",
    "show_probes",
    "show_settings",
]
