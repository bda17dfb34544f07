"""From text to objects: settings against signatures, names to classes."""

from .experiment import Experiment
from .load import Configuration, changed, configure, parsed, text_of
from .registry import KINDS, catalogue, choose, entries, import_class
from .schema import resolve_call
from .values import coerce

__all__ = [
    "KINDS",
    "Configuration",
    "Experiment",
    "catalogue",
    "changed",
    "choose",
    "coerce",
    "configure",
    "entries",
    "import_class",
    "parsed",
    "resolve_call",
    "text_of",
]
