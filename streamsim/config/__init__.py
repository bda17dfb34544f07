"""From text to objects: settings against signatures, names to classes."""

from .experiment import Experiment, Sense
from .listing import catalogue, first_sentence
from .load import Configuration, complete, configure, parsed, text_of
from .names import choose
from .overrides import changed
from .registry import entries, import_class, kinds
from .schema import resolve_call
from .values import coerce

__all__ = [
    "Configuration",
    "Experiment",
    "Sense",
    "catalogue",
    "changed",
    "choose",
    "coerce",
    "complete",
    "configure",
    "entries",
    "first_sentence",
    "import_class",
    "kinds",
    "parsed",
    "resolve_call",
    "text_of",
]
