"""The owner's morning: how the business went.

`locust -f scenarios/owner_dashboard.py --host http://127.0.0.1:8001` runs it with Locust's web page.
"""

from locust import between

from scenarios.journeys.business import owner_revenue
from scenarios.journeys.insights import look_at_commissions, look_at_six_figures, look_into_one
from scenarios.journeys.visitor import Visitor


class OwnerDashboard(Visitor):
    """The owner, and whoever prepares the figures for them."""

    wait_time = between(1, 3)
    tasks = {  # type: ignore[assignment]  # noqa: RUF012  - Locust's way to give weights
        look_at_six_figures: 4,
        look_into_one: 4,
        owner_revenue: 2,
        look_at_commissions: 1,
    }
