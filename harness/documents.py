"""Read a YAML document that people write: every fault at once, each with its line."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from harness.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML document that meets its schema."""

    name: str
    """The file's name, for messages."""
    text: str
    content: Any
    lines: dict[tuple[str | int, ...], int]
    """Line, from 1, of every key path."""

    def line(self, *path: str | int) -> int:
        """Return the line of the nearest part of `path` that stands in the document."""
        return _nearest_line(self.lines, path)


Fault = tuple[int, str]
"""Line, from 1, and what is wrong there."""

Check = Callable[[Document], Iterable[Fault]]


class DocumentError(UsageError):
    """A document has faults; all of them are named."""

    def __init__(self, name: str, faults: list[Fault], *, hint: str = "") -> None:
        told = "\n".join(f"  {name}:{line}: {fault}" for line, fault in sorted(faults))
        count = f"{len(faults)} faults" if len(faults) > 1 else "a fault"
        super().__init__(f"{name} has {count}:\n{told}", hint=hint)


def load_schema(package: str, name: str) -> dict[str, Any]:
    """Return the JSON Schema that ships as `name` in `package`."""
    schema: dict[str, Any] = json.loads(resources.files(package).joinpath(name).read_text("utf-8"))
    return schema


def no_further_check(_document: Document) -> Iterable[Fault]:
    """Find nothing beyond what the schema finds."""
    return ()


def read_document(
    path: Path, schema: dict[str, Any], *, check: Check = no_further_check, hint: str = ""
) -> Document:
    """Read and check the YAML file at `path`.

    Args:
        path: the file.
        schema: a JSON Schema.
        check: finds what a schema cannot say; it may be handed a document that does not meet the schema.
        hint: the next step for someone whose document has faults.

    Raises:
        UsageError: there is no such file, or it cannot be read.
        DocumentError: it is not YAML, or it does not meet the schema.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"Cannot read {path}: {reason}.", hint="Check the path.") from error
    return parse_document(text, schema, name=str(path), check=check, hint=hint)


def parse_document(
    text: str, schema: dict[str, Any], *, name: str, check: Check = no_further_check, hint: str = ""
) -> Document:
    """Check YAML text against `schema`; see `read_document`."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise DocumentError(name, [(line, f"not YAML: {error.problem or error.context}")]) from error
    except yaml.YAMLError as error:
        raise DocumentError(name, [(1, f"not YAML: {error}")]) from error
    faults: list[Fault] = []
    lines: dict[tuple[str | int, ...], int] = {}
    if node is not None:
        for path, line, is_repeated in _walk(node, ()):
            if is_repeated:
                faults.append((line, f"{path[-1]!r} is given twice"))
            lines.setdefault(path, line)
    for fault in Draft202012Validator(schema).iter_errors(content):
        faults.extend((_nearest_line(lines, where), told) for where, told in _tell(fault))
    document = Document(name=name, text=text, content=content, lines=lines)
    faults.extend(check(document))
    if faults:
        raise DocumentError(name, faults, hint=hint)
    return document


def _tell(error: ValidationError) -> Iterator[tuple[tuple[str | int, ...], str]]:
    path = tuple(error.absolute_path)
    where = ".".join(str(part) for part in path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        for key in error.instance:
            if key not in known:
                yield (*path, key), f"unknown key {key!r}; known are {', '.join(sorted(known))}"
        return
    yield path, f"{where}: {error.message}" if where else error.message


def _walk(node: yaml.Node, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int, bool]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            yield (*path, key.value), line, key.value in seen
            seen.add(key.value)
            yield from _walk(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            yield (*path, position), value.start_mark.line + 1, False
            yield from _walk(value, (*path, position))


def _nearest_line(lines: dict[tuple[str | int, ...], int], path: tuple[str | int, ...]) -> int:
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1
