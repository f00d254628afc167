"""Every route, in one list."""

from aiohttp import web

from reference_app.web.handlers import Handlers
from reference_app.web.health import Health
from reference_app.web.monitoring import Monitoring

_ID = "{id:[0-9]{1,19}}"


def routes(handlers: Handlers, health: Health, monitoring: Monitoring) -> list[web.RouteDef]:
    """List what the application answers."""
    return [
        web.get("/health/live", health.live),
        web.get("/health/ready", health.ready),
        web.post("/api/v2/auth/login", handlers.log_in),
        web.get("/api/v2/locations", handlers.locations),
        web.get(f"/api/v2/locations/{_ID}/day", handlers.location_day),
        web.get("/api/v2/availability/slots", handlers.slots),
        web.post("/api/v2/appointments", handlers.book),
        web.post(f"/api/v2/appointments/{_ID}/reschedule", handlers.reschedule),
        web.post(f"/api/v2/appointments/{_ID}/cancel", handlers.cancel),
        web.get(f"/api/v2/clients/{_ID}/history", handlers.history),
        web.get("/api/v2/analytics/revenue", handlers.revenue),
        web.get("/api/v2/monitoring/middleware", monitoring.middleware),
    ]
