"""Which files of the user's own a Python file is made of: itself and what it imports from beside it."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path


def local_modules(path: Path, roots: Sequence[Path]) -> tuple[Path, ...]:
    """Return `path` and every file below `roots` that it imports, directly or not, sorted.

    Nothing is executed. A file that is no Python counts, but leads nowhere.

    Args:
        path: a Python file.
        roots: folders in which absolute imports are looked for.
    """
    found: set[Path] = set()
    waiting = [path.resolve()]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += _imported(current, [root.resolve() for root in roots])
    return tuple(sorted(found))


def _imported(path: Path, roots: Sequence[Path]) -> Iterator[Path]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files_of(alias.name.split("."), roots)
        elif isinstance(node, ast.ImportFrom):
            places = [path.parents[node.level - 1]] if node.level else roots
            parts = node.module.split(".") if node.module else []
            for alias in node.names:
                yield from _files_of([*parts, alias.name], places)


def _files_of(parts: Sequence[str], places: Sequence[Path]) -> Iterator[Path]:
    """Yield the packages on the way to `a.b.c` and the module itself, as far as they are files here."""
    for place in places:
        for length in range(1, len(parts) + 1):
            stem = place.joinpath(*parts[:length])
            yield from (file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.is_file())
