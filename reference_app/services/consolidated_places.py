"""ConsolidatedPlaceService: what the public may know of the business and of each of its shops."""

from dataclasses import dataclass
from datetime import date

from reference_app.domain.answers import Directory
from reference_app.domain.places import LocationDetails
from reference_app.services.ports import DirectoryQuery, PlaceQuery


@dataclass(frozen=True, slots=True)
class ConsolidatedPlaceService:
    """Everything about the shops themselves."""

    shops: DirectoryQuery
    places: PlaceQuery

    async def directory(self) -> Directory:
        """Find every location with its barbers and services."""
        return await self.shops.directory()

    async def details(self, location_id: int, today: date) -> LocationDetails:
        """Find one location; raise `NotFoundError`."""
        return await self.places.details(location_id, today)
