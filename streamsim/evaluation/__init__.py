"""Judging frozen features: probes, read-outs, recordings, the protocol that belongs to every number."""

from .extractor import Layers
from .features import ALL, Filling, is_baseline, is_layer, looks, parts_of
from .pair_truth import ObjectHistory, Tally
from .probe import LinearProbe, NearestNeighbours, Probe
from .protocol import ProbeProtocol, ProbeResult, probe_baselines, probe_layers
from .readout import Averaged, Flattened, Pooled, Readout
from .representation import survey
from .results import (
    Controls,
    Row,
    Scores,
    ceiling,
    commonest,
    confusions,
    dense,
    evaluate,
    gain,
    scores_of,
    tabulate,
)
from .score import Score

__all__ = [
    "ALL",
    "Averaged",
    "Controls",
    "Filling",
    "Flattened",
    "Layers",
    "LinearProbe",
    "NearestNeighbours",
    "ObjectHistory",
    "Pooled",
    "Probe",
    "ProbeProtocol",
    "ProbeResult",
    "Readout",
    "Row",
    "Score",
    "Scores",
    "Tally",
    "ceiling",
    "commonest",
    "confusions",
    "dense",
    "evaluate",
    "gain",
    "is_baseline",
    "is_layer",
    "looks",
    "parts_of",
    "probe_baselines",
    "probe_layers",
    "scores_of",
    "survey",
    "tabulate",
]
