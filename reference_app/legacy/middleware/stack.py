"""BEFORE's thirteen layers, outermost first."""

from reference_app.components import LayerParts
from reference_app.legacy.leaks import Leaks
from reference_app.legacy.middleware.configuration_security import ConfigurationSecurity
from reference_app.legacy.middleware.csrf import Csrf
from reference_app.legacy.middleware.enhanced_security import EnhancedSecurity
from reference_app.legacy.middleware.error_tracker_context import ErrorTrackerContext
from reference_app.legacy.middleware.financial_security import FinancialSecurity
from reference_app.legacy.middleware.mfa_enforcement import MfaEnforcement
from reference_app.legacy.middleware.multi_tenancy import MultiTenancy
from reference_app.legacy.middleware.request_validation import RequestValidation
from reference_app.legacy.middleware.security_headers import SecurityHeaders
from reference_app.legacy.middleware.sre import SiteReliability
from reference_app.legacy.middleware.webhook_security import WebhookSecurity
from reference_app.middleware.layer import Layer


def thirteen_layers(parts: LayerParts, rate_limits: Layer, cache: Layer) -> tuple[Layer, ...]:
    """Make the layers and the leaks that some of them have."""
    leaks = Leaks.only(parts.settings.leaks)
    return (
        SiteReliability(leaks),
        ConfigurationSecurity(parts),
        ErrorTrackerContext(parts, leaks),
        EnhancedSecurity(parts, leaks),
        WebhookSecurity(parts),
        RequestValidation(),
        MultiTenancy(parts),
        FinancialSecurity(parts),
        MfaEnforcement(parts, leaks),
        rate_limits,
        Csrf(),
        SecurityHeaders(),
        cache,
    )
