"""Dotted paths into JSON data, such as `wallet.mj_remain` or `account_tags.0`."""

from typing import Any


def assign(data: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a path whose parent exists."""
    parent, key = _parent(data, path)
    if isinstance(parent, list):
        parent[_index(parent, key, path)] = value
    else:
        parent[key] = value


def delete(data: dict[str, Any], path: str) -> None:
    """Remove what a path points at."""
    parent, key = _parent(data, path)
    if isinstance(parent, list):
        del parent[_index(parent, key, path)]
    elif key in parent:
        del parent[key]
    else:
        raise ValueError(f"nothing at {path}")


def _parent(data: dict[str, Any], path: str) -> tuple[dict[str, Any] | list[Any], str]:
    *parents, key = path.split(".")
    node: Any = data
    for step in parents:
        if isinstance(node, list):
            node = node[_index(node, step, path)]
        elif isinstance(node, dict) and step in node:
            node = node[step]
        else:
            raise ValueError(f"no parent for {path}")
    if not key or not isinstance(node, dict | list):
        raise ValueError(f"no parent for {path}")
    return node, key


def _index(items: list[Any], step: str, path: str) -> int:
    if not (step.isascii() and step.isdigit() and int(step) < len(items)):
        raise ValueError(f"no item {step} in {path}")
    return int(step)
