"""Judging frozen features: probes, read-outs, recordings, the protocol that belongs to every number."""

from .evaluate import Row, confusions, dense, evaluate, tabulate, untrained_state
from .extractor import Layers
from .features import ALL, Filling, is_baseline, is_layer, looks, parts_of
from .pair_truth import ObjectHistory, Tally
from .protocol import ProbeProtocol, ProbeResult, examine, examine_baselines
from .readout import Pooled, Readout
from .representation import survey

__all__ = [
    "ALL",
    "Filling",
    "Layers",
    "ObjectHistory",
    "Pooled",
    "ProbeProtocol",
    "ProbeResult",
    "Readout",
    "Row",
    "Tally",
    "confusions",
    "dense",
    "evaluate",
    "examine",
    "examine_baselines",
    "is_baseline",
    "is_layer",
    "looks",
    "parts_of",
    "survey",
    "tabulate",
    "untrained_state",
]
