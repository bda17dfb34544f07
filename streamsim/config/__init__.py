"""From text to objects: settings against signatures, names to classes."""

from .experiment import Experiment
from .help import Section, Setting
from .load import Configuration, configure, outline, parsed, text_of
from .outline import all_in_view, part_outline
from .overrides import changed
from .registry import KINDS, catalogue, choose, entries, import_class, kinds
from .schema import parameters, resolve_call
from .values import coerce

__all__ = [
    "KINDS",
    "Configuration",
    "Experiment",
    "Section",
    "Setting",
    "all_in_view",
    "catalogue",
    "changed",
    "choose",
    "coerce",
    "configure",
    "entries",
    "import_class",
    "kinds",
    "outline",
    "parameters",
    "parsed",
    "part_outline",
    "resolve_call",
    "text_of",
]
