"""Settings changed by dotted names."""

from typing import Any

from .schema import loaded


def changed(node: Any, keys: list[str], value: Any) -> Any:  # noqa: ANN401  settings may be anything
    """Return *node* with the setting at *keys* changed; passes through `init_args` without its being named."""
    if not keys:
        return loaded(value)
    key, *rest = keys
    if isinstance(node, list) and key.isdigit() and int(key) < len(node):
        return [changed(n, rest, value) if i == int(key) else n for i, n in enumerate(node)]
    node = {"class_path": node} if isinstance(node, str) else dict(node) if isinstance(node, dict) else {}
    if key == "class_path" and not rest:
        return node if node.get("class_path") == value else {"class_path": value}
    if ("class_path" in node or "init_args" in node) and key != "init_args":
        return {**node, "init_args": changed(node.get("init_args") or {}, keys, value)}
    return {**node, key: changed(node.get(key), rest, value)}
