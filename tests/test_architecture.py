"""Test that imports point one way, and that only the outer floors know Home Assistant."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "custom_components" / "goapi"
NAME = "custom_components.goapi"

# From the bottom up; a module imports from floors below its own, or from its own. What is listed
# nowhere (platforms, services, flows and the rest) is above all of them.
FLOORS = (
    ("api",),
    ("accounting",),
    ("usage",),
    ("const",),
    ("texts",),
    ("amounts", "delivery", "endpoint", "names", "repair_issues", "session", "store"),
    ("usage_statistics",),
    ("usage_history",),
    ("coordinator",),
    ("devices", "webhook"),
    ("entity",),
    ("task_sensors",),
)
# These know nothing of Home Assistant, nor of the integration.
INDEPENDENT = ("api", "accounting", "usage")


def modules() -> dict[str, Path]:
    """Return all modules of the integration by name."""
    names = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join((NAME, *(part for part in parts if part != "__init__")))] = path
    return names


MODULES = modules()


def imports(name: str) -> Iterator[str]:
    """Yield the full names of the modules that a module imports, wherever in it."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = parents[: len(parents) - node.level + 1] if node.level else []
            source = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            # What is imported from a package may be a module of it.
            inner = [each for alias in node.names if (each := f"{source}.{alias.name}") in MODULES]
            yield from inner or [source]


def floor(name: str) -> int:
    """Return the floor of a module, counted from the bottom."""
    part = name.removeprefix(NAME).strip(".").partition(".")[0]
    return next((number for number, parts in enumerate(FLOORS) if part in parts), len(FLOORS))


@pytest.mark.parametrize("part", INDEPENDENT)
def test_the_lowest_floors_know_no_home_assistant(part: str) -> None:
    """They could be published on their own, each with those below it."""
    for name in MODULES:
        if f"{name}.".startswith(f"{NAME}.{part}."):
            for imported in imports(name):
                assert imported.partition(".")[0] != "homeassistant", (name, imported)
                if imported.startswith(NAME):
                    assert floor(imported) < len(INDEPENDENT), (name, imported)


@pytest.mark.parametrize("name", MODULES)
def test_no_import_points_back_up(name: str) -> None:
    """Each module imports only what is on its own floor or below."""
    for imported in imports(name):
        if imported in MODULES:
            assert floor(imported) <= floor(name), imported


def test_there_is_no_cycle_of_imports() -> None:
    """Not even one that Python would put up with."""
    graph = {
        name: {each for each in imports(name) if each in MODULES and each != name}
        for name in MODULES
    }
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(MODULES)


def test_every_floor_is_there() -> None:
    """A module that was renamed is renamed in the table too; imports are found."""
    assert f"{NAME}.api" in set(imports(f"{NAME}.accounting.changes"))
    assert f"{NAME}.accounting.state" in set(imports(f"{NAME}.accounting.changes"))
    there = {name.removeprefix(f"{NAME}.").partition(".")[0] for name in MODULES}
    assert {part for parts in FLOORS for part in parts} <= there
