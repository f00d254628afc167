"""ConsolidatedAnalyticsService: histories, revenue and insights, in place of families that load them anew."""

from dataclasses import dataclass
from datetime import date

from reference_app.domain.answers import Revenue
from reference_app.domain.insights import BarberOutcomes, BarberShare, BarberUse, Retention, SoldService
from reference_app.services.ports import AnalyticsQuery, HistoryQuery, OwnedHistory, Period, RevenueQuery


@dataclass(frozen=True, slots=True)
class ConsolidatedAnalyticsService:
    """Everything that looks back."""

    histories: HistoryQuery
    revenues: RevenueQuery
    analytics: AnalyticsQuery

    async def history(self, client_id: int, limit: int) -> OwnedHistory:
        """Find a client's newest visits; raise `NotFoundError`."""
        return await self.histories.history(client_id, limit)

    async def revenue(self, since: date, until: date, location_id: int | None) -> Revenue:
        """Sum up payments; raise `NotFoundError`."""
        return await self.revenues.revenue(since, until, location_id)

    async def retention(self, period: Period) -> Retention:
        """Count who came back; raise `NotFoundError`."""
        return await self.analytics.retention(period)

    async def utilisation(self, period: Period) -> list[BarberUse]:
        """Compare offered with booked minutes; raise `NotFoundError`."""
        return await self.analytics.utilisation(period)

    async def top_services(self, period: Period, limit: int) -> list[SoldService]:
        """Find what sells; raise `NotFoundError`."""
        return await self.analytics.top_services(period, limit)

    async def outcomes(self, period: Period) -> list[BarberOutcomes]:
        """Count how appointments ended; raise `NotFoundError`."""
        return await self.analytics.outcomes(period)

    async def shares(self, period: Period) -> list[BarberShare]:
        """Sum up who got what of the payments; raise `NotFoundError`."""
        return await self.analytics.shares(period)
