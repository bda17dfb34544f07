"""What classes say of themselves and of their arguments, taken from their docstrings."""

import inspect
import re
import sys

# a full stop ends a sentence where another one begins or nothing follows; "et al. (2021)" goes on
_END = re.compile(r"(?<!\bal)(?<!e\.g)(?<!i\.e)[.!?](?=\s+[A-Z`*]|$)")


def first_sentence(text: str) -> str:
    """Return the first sentence of *text*, over however many lines it runs, at most a paragraph."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    end = _END.search(paragraph)
    return paragraph[: end.end()] if end else paragraph


def arguments_of(chosen: type) -> dict[str, str]:
    """Return what the docstrings of *chosen* and of its bases say of each argument, on one line each."""
    found: dict[str, str] = {}
    for owner in chosen.__mro__:
        for name, text in _said_by(owner).items():
            found.setdefault(name, _followed(owner, name, text))
    return found


def _said_by(owner: type) -> dict[str, str]:
    """Return what the docstring of *owner* alone says of each argument."""
    from docstring_parser import DocstringStyle, parse  # noqa: PLC0415  only help needs it

    described = parse(inspect.cleandoc(vars(owner).get("__doc__") or ""), DocstringStyle.GOOGLE)
    return {p.arg_name: " ".join((p.description or "").split()) for p in described.params}


def _followed(owner: type, name: str, text: str) -> str:
    """Return *text*, or if it only refers to another class ("as in `Other`."), what that class says of *name*."""
    reference = re.fullmatch(r"as in `(\w+)`\.?", text)
    if reference is None:
        return text
    base = next((c for c in owner.__mro__[1:] if c.__name__ == reference[1]), None)
    other = base or getattr(sys.modules[owner.__module__], reference[1], None)
    return arguments_of(other).get(name, text) if isinstance(other, type) and other is not owner else text
