"""The composition root: a variant's components become one running application, here and nowhere else."""

from collections.abc import AsyncIterator, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from reference_app.components import Components, LayerParts
from reference_app.monitoring.layer_times import TIMINGS, measured
from reference_app.monitoring.request_timings import RequestTimings, begin_request
from reference_app.services.accounts import AccountService
from reference_app.services.booking import BookingService
from reference_app.settings import Settings
from reference_app.storage.connections import Connections
from reference_app.storage.loaded_data import LoadedData
from reference_app.storage.users import Users
from reference_app.web.client_handlers import ClientHandlers
from reference_app.web.errors import errors_as_json
from reference_app.web.handlers import Handlers, Services
from reference_app.web.health import Health
from reference_app.web.monitoring import Monitoring
from reference_app.web.place_handlers import PlaceHandlers
from reference_app.web.route import Route
from reference_app.web.routes import routes

MAX_BODY_BYTES = 64 * 1024


def make_app(components: Components, settings: Settings, loaded: LoadedData) -> web.Application:
    """Put the application together; it opens its connections when it starts."""
    connections = components.connections(settings)
    users = Users(connections)
    accounts = AccountService(users, settings.token_secret)
    parts = LayerParts(users=users, accounts=accounts)
    layers, layer_times = measured([make_layer(parts) for make_layer in components.layers])
    # Errors become answers twice: inside, so that the layers see answers; outside, for what a
    # layer itself refuses.
    app = web.Application(
        middlewares=[_with_timings, errors_as_json, *layers, errors_as_json], client_max_size=MAX_BODY_BYTES
    )
    app.cleanup_ctx.append(_open(connections))
    app.on_response_prepare.append(_add_server_timing)
    handlers = Handlers(_services(components, connections, accounts, loaded))
    others = _other_routes(components, connections, loaded)
    listed = routes(handlers, Health(connections), Monitoring(layer_times), others)
    app.add_routes([route.definition for route in listed])
    return app


def _services(
    components: Components, connections: Connections, accounts: AccountService, loaded: LoadedData
) -> Services:
    today = loaded.anchor_date
    return Services(
        today=today,
        accounts=accounts,
        booking=BookingService(connections, components.bookings(), components.booking_lock(), today),
        directory=components.directory(connections),
        availability=components.availability(connections),
        histories=components.histories(connections),
        location_days=components.location_days(connections),
        revenue=components.revenue(connections),
    )


def _other_routes(components: Components, connections: Connections, loaded: LoadedData) -> list[Route]:
    today = loaded.anchor_date
    return [
        *PlaceHandlers(components.places(connections), components.next_slots(connections), today).routes(),
        *ClientHandlers(components.clients(connections)).routes(),
    ]


def _open(connections: Connections) -> Callable[[web.Application], AsyncIterator[None]]:
    async def opened(_: web.Application) -> AsyncIterator[None]:
        await connections.open()
        yield
        await connections.close()

    return opened


@web.middleware
async def _with_timings(request: web.Request, handler: Handler) -> web.StreamResponse:
    request[TIMINGS] = begin_request()
    return await handler(request)


async def _add_server_timing(request: web.Request, response: web.StreamResponse) -> None:
    # A request that aiohttp refuses before any middleware runs, for its Expect header, has no timings yet.
    timings = request.get(TIMINGS) or RequestTimings()
    response.headers["Server-Timing"] = timings.server_timing()
