"""Modules that import one another in a circle, by imports at the head of a file or within a function.

``python tools/cycles.py`` prints each circle with its imports, those within functions marked, and ends with 1 where
there is any. Imports for types alone (``if TYPE_CHECKING``) are not followed, as nothing runs them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[1]
SOURCES = (TOP / "src", TOP / "trials" / "src")


@dataclass(frozen=True, order=True)
class Import:
    """One import: who, whom, in which line, and whether it runs only when a function is called."""

    importer: str
    imported: str
    line: int
    deferred: bool


def imports_of(sources: tuple[Path, ...] = SOURCES) -> list[Import]:
    """Every import of an own module by another."""
    files = {_name(path, source): path for source in sources for path in sorted(source.rglob("*.py"))}
    return [each for name, path in files.items() for each in _imports(name, path, files)]


def circles(imports: list[Import]) -> list[list[Import]]:
    """For each set of modules that all reach one another, the imports among them."""
    whom: dict[str, set[str]] = {}
    for each in imports:
        whom.setdefault(each.importer, set()).add(each.imported)
    groups = [group for group in _components(whom) if len(group) > 1]
    return [sorted(each for each in imports if {each.importer, each.imported} <= group) for group in groups]


def _name(path: Path, source: Path) -> str:
    return ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")


def _imports(name: str, path: Path, files: Mapping[str, Path]) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node, deferred in _nodes(tree, deferred=False):
        found: set[str] = set()
        if isinstance(node, ast.Import):
            found = {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{each.name}" for each in node.names}
            found = {each if each in files else node.module for each in inner}
        for each in sorted(found & files.keys() - {name}):
            yield Import(name, each, node.lineno, deferred)


def _nodes(node: ast.AST, *, deferred: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """The imports that a run comes by, each with whether a function must be called for it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, deferred
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        else:
            inside = deferred or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _nodes(child, deferred=inside)


def _components(whom: Mapping[str, set[str]]) -> list[set[str]]:
    """The strongly connected components, after Tarjan, without recursion."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    held: list[str] = []
    found: list[set[str]] = []
    for start in sorted(whom):
        if start in order:
            continue
        path = [(start, iter(sorted(whom[start])))]
        order[start] = lowest[start] = len(order)
        held.append(start)
        while path:
            name, rest = path[-1]
            following = next((each for each in rest if each not in order or each in held), None)
            if following is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[name])
                if lowest[name] == order[name]:
                    at = held.index(name)
                    found.append(set(held[at:]))
                    del held[at:]
            elif following in order:
                lowest[name] = min(lowest[name], order[following])
            else:
                order[following] = lowest[following] = len(order)
                held.append(following)
                path.append((following, iter(sorted(whom.get(following, ())))))
    return found


def main() -> int:
    """Print the circles."""
    found = circles(imports_of())
    for circle in found:
        print(f"{len({each.importer for each in circle})} modules import one another:")
        for each in circle:
            print(f"  {each.importer}:{each.line} → {each.imported}{' (within a function)' if each.deferred else ''}")
    print(f"{len(found)} circles")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
