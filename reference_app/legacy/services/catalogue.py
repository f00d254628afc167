"""BEFORE's services: one object for each duty."""

from collections.abc import Mapping

from reference_app.families.catalogue import FAMILIES
from reference_app.legacy.services.kinds import BusinessService, GuardService, MessageService, WatchService
from reference_app.legacy.services.service import Service
from reference_app.settings import Settings

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
