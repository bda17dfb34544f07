"""From text to objects: settings against signatures, names to classes."""

from .experiment import Experiment, Sense
from .help import PartHelp, Setting, all_in_view, part_outline
from .load import Configuration, complete, configure, outline, text_of
from .names import choose
from .overrides import changed
from .parts import parameters
from .published import CHOICES, PublishedRow, PublishedTable, listed, table_called
from .reading import parsed, values_in
from .registry import catalogue, entries, first_sentence, import_class, kinds, loaded_entry, packages
from .schema import resolve_call
from .values import coerce

__all__ = [
    "CHOICES",
    "Configuration",
    "Experiment",
    "PartHelp",
    "PublishedRow",
    "PublishedTable",
    "Sense",
    "Setting",
    "all_in_view",
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
    "listed",
    "loaded_entry",
    "outline",
    "packages",
    "parameters",
    "parsed",
    "part_outline",
    "resolve_call",
    "table_called",
    "text_of",
    "values_in",
]
