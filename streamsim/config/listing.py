"""What `streamsim list` shows: everything that is registered, with a sentence about each."""

import inspect
import re
from collections.abc import Iterator

from streamsim.contracts import ConfigurationError

from .registry import entries, import_class, presets

# a full stop ends a sentence where another one begins or nothing follows; "et al. (2021)" goes on
_END = re.compile(r"(?<!\bal)(?<!e\.g)(?<!i\.e)[.!?](?=\s+[A-Z`*]|$)")


def catalogue(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, origin and first sentence of everything registered as *kind*."""
    if kind == "presets":
        for name, file in sorted(presets().items()):
            yield name, f"{name}.yaml", first_sentence(heading(file.read_text(encoding="utf-8")))
        return
    for name, entry in sorted(entries(kind).items()):
        try:
            yield name, entry.value, first_sentence(inspect.getdoc(import_class(entry.value)) or "")
        except ConfigurationError as error:
            yield name, entry.value, f"unavailable: {error}"


def first_sentence(text: str) -> str:
    """Return the first sentence of *text*, over however many lines it runs, at most a paragraph."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    end = _END.search(paragraph)
    return paragraph[: end.end()] if end else paragraph


def heading(yaml: str) -> str:
    """Return the comment with which a YAML text begins."""
    lines = yaml.lstrip().splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "\n".join(line.lstrip("# ").rstrip() for line in lines[:count])
