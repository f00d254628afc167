"""Every family of services and what each of its members is there for."""

from collections.abc import Mapping

from reference_app.legacy.services.families import (
    ai,
    analytics,
    auth,
    booking,
    cache,
    calendar,
    client,
    compliance,
    franchise,
    integration,
    location,
    loyalty,
    marketing,
    monitoring,
    notification,
    payment,
    reporting,
    review,
    scheduling,
    waitlist,
    webhook,
)
from reference_app.legacy.services.kinds import BusinessService, GuardService, MessageService, WatchService
from reference_app.legacy.services.service import Duty, Service
from reference_app.settings import Settings

FAMILIES: Mapping[str, tuple[Duty, ...]] = {
    "analytics": analytics.DUTIES,
    "booking": booking.DUTIES,
    "auth": auth.DUTIES,
    "payment": payment.DUTIES,
    "cache": cache.DUTIES,
    "marketing": marketing.DUTIES,
    "calendar": calendar.DUTIES,
    "franchise": franchise.DUTIES,
    "notification": notification.DUTIES,
    "ai": ai.DUTIES,
    "monitoring": monitoring.DUTIES,
    "reporting": reporting.DUTIES,
    "client": client.DUTIES,
    "loyalty": loyalty.DUTIES,
    "scheduling": scheduling.DUTIES,
    "review": review.DUTIES,
    "waitlist": waitlist.DUTIES,
    "webhook": webhook.DUTIES,
    "location": location.DUTIES,
    "compliance": compliance.DUTIES,
    "integration": integration.DUTIES,
}

KINDS: Mapping[str, type[Service]] = {
    "auth": GuardService,
    "compliance": GuardService,
    "cache": WatchService,
    "monitoring": WatchService,
    "webhook": WatchService,
    "marketing": MessageService,
    "notification": MessageService,
}
"""The families that are no plain business services."""


def make_services(settings: Settings) -> list[Service]:
    """Make every service, in the order of the families."""
    return [
        KINDS.get(family, BusinessService)(family, duty, settings)
        for family, duties in FAMILIES.items()
        for duty in duties
    ]
