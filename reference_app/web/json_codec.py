"""JsonCodec: how JSON is read and written. Both codecs take the same texts and write the same bytes.

`StdlibJson` is BEFORE's, `MsgspecJson` the `msgspec_json` optimization.
"""

import json
from datetime import datetime
from typing import Any, Protocol

import msgspec
from aiohttp import web


class JsonCodec(Protocol):
    """Reads and writes JSON; a local moment with an offset other than zero is written in ISO 8601."""

    def decode(self, text: bytes) -> Any:
        """Read a value; raise `ValueError` or `RecursionError` when it is not one."""

    def encode(self, document: dict[str, Any]) -> bytes:
        """Write a value in its shortest spelling."""


JSON: web.AppKey[JsonCodec] = web.AppKey("json", JsonCodec)


class StdlibJson:
    """The standard library's reader and writer."""

    def decode(self, text: bytes) -> Any:
        """Read a value."""
        return json.loads(text)

    def encode(self, document: dict[str, Any]) -> bytes:
        """Write a value in its shortest spelling."""
        return json.dumps(
            document, ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat
        ).encode()


class MsgspecJson:
    """msgspec's, which are five to ten times as fast.

    It is stricter: what it does not take is given to the standard library, so that the same texts are
    refused. Numbers with a fraction are spelt differently beyond 1e16 and below 1e-4; no answer holds such.
    """

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder().decode
        self._encode = msgspec.json.Encoder().encode

    def decode(self, text: bytes) -> Any:
        """Read a value."""
        try:
            return self._decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return json.loads(text)

    def encode(self, document: dict[str, Any]) -> bytes:
        """Write a value in its shortest spelling."""
        return self._encode(document)
