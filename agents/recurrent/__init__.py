"""The GRU and its credit through time."""

from .eprop_gru import EPropGRU
from .gru import GRU
from .through_time import EProp, TemporalCredit, TruncatedBPTT

__all__ = ["GRU", "EProp", "EPropGRU", "TemporalCredit", "TruncatedBPTT"]
