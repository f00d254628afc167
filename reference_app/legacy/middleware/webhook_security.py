"""Layer 5, webhook security: derives every provider's secret anew, for calls that are mostly no webhooks."""

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import LayerParts
from reference_app.legacy.middleware.request_context import CONTEXT
from reference_app.middleware.needs import Need
from reference_app.middleware.webhook_signatures import (
    PROVIDERS,
    called_provider,
    provider_secret,
    require_signature,
)


class WebhookSecurity:
    """Checks the signatures of external services."""

    name = "webhook_security"
    meets: frozenset[Need] = frozenset({"signed webhooks"})

    def __init__(self, parts: LayerParts) -> None:
        self._token_secret = parts.settings.token_secret

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse a webhook that its provider did not sign."""
        secrets = {provider: provider_secret(self._token_secret, provider) for provider in PROVIDERS}
        provider = called_provider(request.path)
        request[CONTEXT].notes["webhook_provider"] = provider
        if provider is not None:
            await require_signature(request, secrets.get(provider))
        return await handler(request)
