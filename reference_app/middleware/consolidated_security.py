"""What can be judged by looking at the request alone, in one pass."""

from urllib.parse import unquote_plus

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.middleware.attack_patterns import require_harmless
from reference_app.middleware.body_rules import read_acceptable_body
from reference_app.middleware.needs import Need
from reference_app.middleware.security_headers import SECURITY_HEADERS
from reference_app.middleware.webhook_signatures import (
    PROVIDERS,
    called_provider,
    provider_secret,
    require_signature,
)


class ConsolidatedSecurityMiddleware:
    """Attack patterns, webhook signatures, validation of the body, and security headers."""

    name = "consolidated_security"
    meets: frozenset[Need] = frozenset(
        {"harmless address", "signed webhooks", "sound body", "security headers"}
    )

    def __init__(self, parts: LayerParts) -> None:
        self._secrets = {name: provider_secret(parts.settings.token_secret, name) for name in PROVIDERS}

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what no endpoint accepts."""
        require_harmless(unquote_plus(request.path_qs))
        provider = called_provider(request.path)
        if provider is not None:
            await require_signature(request, self._secrets.get(provider))
        if request.body_exists:
            await read_acceptable_body(request)
        response = await handler(request)
        response.headers.update(SECURITY_HEADERS)
        return response
