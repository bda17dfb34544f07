"""One run in one folder: its checkpoints, what watches it, how it goes on."""

from .console import Terminal, say, show, show_catalogue, show_probes, show_settings
from .folder import FolderInUseError, RunFolder, creating, explained, in_use, require_run
from .origin import careful, other_threads, own_imports, provenance, signed
from .probing import probe_run
from .process import Interruption, current_folder, keep_memory, standard_streams
from .revival import revive
from .rows import read_confusions, read_health, read_metrics, read_probes, read_provenance, read_summary
from .session import Companion, Ending, Session

__all__ = [
    "Companion",
    "Ending",
    "FolderInUseError",
    "Interruption",
    "RunFolder",
    "Session",
    "Terminal",
    "careful",
    "creating",
    "current_folder",
    "explained",
    "in_use",
    "keep_memory",
    "other_threads",
    "own_imports",
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
    "say",
    "show",
    "show_catalogue",
    "show_probes",
    "show_settings",
    "signed",
    "standard_streams",
]
