"""What a command line may say: its words, its settings, the folders that it names."""

from .arguments import Parser, divided
from .named import named_path, opened, study_named
from .settings import show_help
from .usage import parsers, whole_help

__all__ = ["Parser", "divided", "named_path", "opened", "parsers", "show_help", "study_named", "whole_help"]
