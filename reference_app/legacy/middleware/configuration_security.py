"""Layer 2, configuration security: settings that cannot change are judged again for every request."""

import hashlib
import json
import logging
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.legacy.middleware.request_context import CONTEXT
from reference_app.middleware.needs import Need

MIN_SECRET_LENGTH = 32
_LOG = logging.getLogger(__name__)


class ConfigurationSecurity:
    """Re-validates the settings and compares their fingerprint with the one of the start."""

    name = "configuration_security"
    meets: frozenset[Need] = frozenset()

    def __init__(self, parts: LayerParts) -> None:
        self._settings = parts.settings
        self._fingerprint = _fingerprint(asdict(parts.settings, dict_factory=_plain))

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Judge the settings; what is wrong with them goes to the log, since the caller cannot mend it."""
        settings = asdict(self._settings, dict_factory=_plain)
        faults = _faults(settings)
        if _fingerprint(settings) != self._fingerprint:
            faults.append("the settings have changed since the start")
        for fault in faults:
            _LOG.debug("configuration: %s", fault)
        request[CONTEXT].notes["configuration_faults"] = faults
        return await handler(request)


def _plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in pairs}


def _fingerprint(settings: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _faults(settings: dict[str, Any]) -> list[str]:
    faults = []
    url = urlsplit(settings["database_url"])
    if url.scheme not in {"postgres", "postgresql"}:
        faults.append("the database URL is not PostgreSQL's")
    if not url.password and "password" not in dict(parse_qsl(url.query)):
        faults.append("the database asks for no password")
    if len(settings["token_secret"]) < MIN_SECRET_LENGTH or len(set(settings["token_secret"])) < 10:
        faults.append("the token secret is weak")
    if not 1 <= settings["port"] <= 65535:
        faults.append("the port is none")
    return faults
