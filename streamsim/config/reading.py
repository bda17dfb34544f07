"""From YAML text to plain values; whoever wrote the text can waste neither time nor memory with it."""

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from streamsim.contracts import ConfigurationError

DEPTH = 40  # levels of lists and settings in each other
LENGTH = 2**17  # characters of a file, some seconds
VALUE = 2**14  # characters of a single value
DIGITS = 80  # of a number
ALIASED = 10_000  # values that the aliases of a text stand for
SHORT = 16  # characters of a value that counts as one
TOO_LONG = f"is longer than {LENGTH} characters, which no configuration is"

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
# NUL, and halves of characters but for those by which Python spells the bytes of a path
_IMPOSSIBLE = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")


class RefusedText(yaml.MarkedYAMLError):
    """YAML that is well-formed, and refused for what it would come to."""


class _Reader(yaml.SafeLoader):
    """Names are text whatever they look like, each is given once, and what is read is not much more than is written."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = self.aliased = 0
        self.sizes: dict[int, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        alias = self.check_event(yaml.AliasEvent)
        if self.depth == DEPTH:
            refuse(f"nested more than {DEPTH} deep", mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        if alias:
            self._count(node, mark)
        else:
            own = 1 + len(node.value) // SHORT if isinstance(node, yaml.ScalarNode) else 1
            self.sizes[id(node)] = own + sum(self.sizes[id(inner)] for inner in inside(node))
        return node

    def _count(self, node: yaml.Node | None, mark: yaml.Mark) -> None:
        """Refuse an alias that stands for too much; a node that is not yet measured is one that it lies in."""
        if id(node) not in self.sizes:
            refuse("an alias stands for itself", mark)
        self.aliased += self.sizes[id(node)]
        if self.aliased > ALIASED:
            refuse(f"its aliases stand for more than {ALIASED} values", mark)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:  # noqa: ANN401
        node = super().compose_mapping_node(anchor)
        names: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                refuse("the name of a setting must be text", key.start_mark)
            if key.tag != _MERGE:
                key.tag = _TEXT
            if key.value in names:
                refuse(f"{key.value[:40]!r} is given twice: remove one", key.start_mark)
            names.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401
        if isinstance(node, yaml.ScalarNode):
            refuse_scalar(node)
            if ":" in node.value and node.tag.endswith((":int", ":float")):
                return node.value  # 1:30 is no number of base 60, and 1:30:5 may be a range
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError):
            kind = node.tag.rpartition(":")[2]
            refuse(f"{str(node.value)[:40]!r} is no {kind}", node.start_mark)


def as_text(reader: _Reader, node: yaml.Node) -> str:
    """Return what is written in *node* as it is."""
    return str(node.value)


# what looks like a date is text: no setting is a date
_Reader.add_constructor("tag:yaml.org,2002:timestamp", as_text)


def inside(node: yaml.Node | None) -> list[yaml.Node]:
    """Return the nodes directly in a list or in settings, names included."""
    if isinstance(node, yaml.MappingNode):
        return [inner for pair in node.value for inner in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def refuse_scalar(node: yaml.ScalarNode) -> None:
    """Raise `RefusedText` if *node* is a number that takes long to read, or text that no file name can hold."""
    if node.tag.endswith((":int", ":float")) and len(node.value) > DIGITS:
        refuse(f"a number of {len(node.value)} digits", node.start_mark)
    if _IMPOSSIBLE.search(node.value):
        refuse("text must not hold NUL or halves of characters", node.start_mark)


def refuse(problem: str, mark: yaml.Mark) -> NoReturn:
    """Raise `RefusedText`."""
    raise RefusedText(problem=problem, problem_mark=mark)


def read_yaml(text: str, longest: int = VALUE) -> Any:  # noqa: ANN401
    """Return the value of a YAML text of at most *longest* characters.

    Raises:
        yaml.YAMLError: it is not well-formed, or `RefusedText`.
    """
    if len(text) > longest:
        raise RefusedText(problem=f"longer than {longest} characters")
    return yaml.load(text, Loader=_Reader)


def refuse_hostile(value: Any) -> None:  # noqa: ANN401
    """Raise `RefusedText` if *value*, or anything in it, is text that `read_yaml` refuses."""
    for text in values_in(value):
        if not isinstance(text, str):
            continue
        try:
            read = read_yaml(text)
        except RefusedText:
            raise
        except yaml.YAMLError:
            continue
        if not isinstance(read, str):
            refuse_hostile(read)


def values_in(tree: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield every single value in lists and settings of any depth, without the names of settings; one by itself too."""
    if isinstance(tree, (list, tuple, dict)):
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from values_in(inner)
    else:
        yield tree


def parsed(text: str, origin: str) -> dict[str, Any]:
    """Return the settings in a YAML text.

    Raises:
        ConfigurationError: it holds none, or what is refused.
    """
    if len(text) > LENGTH:
        raise ConfigurationError(f"{origin} {TOO_LONG}: shorten it")
    try:
        tree = read_yaml(text, LENGTH)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigurationError(f"{origin} is not valid YAML at line {line}: {error.problem}") from None
    except yaml.YAMLError:
        raise ConfigurationError(f"{origin} is not valid YAML: it holds characters that text cannot hold") from None
    if not isinstance(tree, dict):
        raise ConfigurationError(
            f"{origin} must hold settings by name, such as 'streams: 1' (got {type(tree).__name__})"
        )
    return tree
