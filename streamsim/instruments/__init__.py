"""What watches ticks and writes rows."""

from .health import Health
from .in_stream_probe import InStreamProbe, labels_single_frames
from .metrics import Metrics
from .nan_guard import NaNGuard
from .offline_probe import ProbeSchedule
from .online_probe import OnlineProbe
from .progress import ProgressBar
from .recorder import AUDIO, Film, Recorder, fault_of, read_films
from .rows import (
    JsonLines,
    Write,
    count,
    file_lengths,
    find,
    lasting,
    nowhere,
    parsed_row,
    position,
    read_rows,
    rewind_files,
)
from .schedule import TickSchedule
from .tensorboard import TensorBoard

__all__ = [
    "AUDIO",
    "Film",
    "Health",
    "InStreamProbe",
    "JsonLines",
    "Metrics",
    "NaNGuard",
    "OnlineProbe",
    "ProbeSchedule",
    "ProgressBar",
    "Recorder",
    "TensorBoard",
    "TickSchedule",
    "Write",
    "count",
    "fault_of",
    "file_lengths",
    "find",
    "labels_single_frames",
    "lasting",
    "nowhere",
    "parsed_row",
    "position",
    "read_films",
    "read_rows",
    "rewind_files",
]
