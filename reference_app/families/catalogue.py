"""Every family of duties: what each of BEFORE's services is there for, and AFTER's must do as well."""

from collections.abc import Mapping

from reference_app.families import (
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
from reference_app.families.duty import Duty

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
