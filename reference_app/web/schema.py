"""JSON Schema in a few words, for the OpenAPI document: `record(id=ID, name=TEXT)`."""

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema of draft 2020-12, as OpenAPI 3.1 uses it."""

MAX_ID = 2**63 - 1
"""PostgreSQL's largest bigint."""

ID: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_ID}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
CENTS: Schema = {"type": "integer", "description": "Hundredths of the location's currency."}
BASIS_POINTS: Schema = {"type": ["integer", "null"], "description": "Hundredths of a percent."}
TEXT: Schema = {"type": "string"}
DATE: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
TOKEN: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$"}


def text(longest: int, shortest: int = 0) -> Schema:
    """Describe a text by its lengths."""
    return {"type": "string", "minLength": shortest, "maxLength": longest}


def whole(low: int, high: int) -> Schema:
    """Describe a whole number by its bounds, both included."""
    return {"type": "integer", "minimum": low, "maximum": high}


def one_of(*words: str) -> Schema:
    """Describe a text that is one of a few."""
    return {"type": "string", "enum": list(words)}


def nullable(schema: Schema) -> Schema:
    """Describe a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def array(of: Schema) -> Schema:
    """Describe a list."""
    return {"type": "array", "items": of}


def record(**fields: Schema) -> Schema:
    """Describe an object that has exactly these fields."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def fields(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Describe a request's body: fields that it must have, and fields that it may have."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }
