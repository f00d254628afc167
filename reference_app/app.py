"""The composition root: a variant's components become one running application, here and nowhere else."""

import time
from collections.abc import AsyncIterator, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from multidict import istr

from reference_app.balancer.seen_balancer import SeenBalancer
from reference_app.caching.changes import Changes
from reference_app.components import Components, LayerParts
from reference_app.externals.gateway import Gateway
from reference_app.memory.bounded_caches import BoundedCaches
from reference_app.memory.garbage_collection import GarbageCollection
from reference_app.memory.monitoring_service import MemoryMonitoring
from reference_app.middleware.needs import DeclaredRoutes
from reference_app.middleware.origin import told_by_balancer
from reference_app.middleware.request_admission import RequestAdmission
from reference_app.monitoring.database_watch import DatabaseWatch
from reference_app.monitoring.kpibench_runtime import watch_runtime
from reference_app.monitoring.layer_times import TIMINGS, LayerTime, take_off
from reference_app.monitoring.live_memory import live_memory_first
from reference_app.monitoring.request_records import RequestRecords
from reference_app.monitoring.request_timings import RequestTimings, begin_request
from reference_app.monitoring.service_watch import ServiceWatch
from reference_app.monitoring.slow_responses import SlowResponses
from reference_app.monitoring.snapshots import Shown
from reference_app.scalability.alerts import Alerts
from reference_app.scalability.machine_load import LoadWatch
from reference_app.scalability.webhook import Webhook
from reference_app.services.accounts import AccountService
from reference_app.services.booking import BookingService
from reference_app.services.care import NotificationService, ReviewService, WaitlistService
from reference_app.services.payments import PaymentService
from reference_app.services.registry import ServiceParts, ServiceRegistry
from reference_app.services.second_factor import SecondFactorService
from reference_app.services.transactions import Transactions
from reference_app.services.visits import VisitService
from reference_app.settings import Settings
from reference_app.storage.connections import Connections
from reference_app.storage.loaded_data import LoadedData
from reference_app.storage.redis_link import RedisLink
from reference_app.storage.users import Users
from reference_app.web.account_handlers import AccountHandlers
from reference_app.web.analytics_handlers import AnalyticsHandlers
from reference_app.web.client_handlers import ClientHandlers
from reference_app.web.doorway import COMPARTMENTS
from reference_app.web.errors import DATABASE_WATCH, errors_as_json
from reference_app.web.handlers import Handlers, Services
from reference_app.web.health import Health
from reference_app.web.json_codec import JSON
from reference_app.web.memory_handlers import MemoryHandlers
from reference_app.web.message_handlers import MessageHandlers
from reference_app.web.monitoring import Monitoring
from reference_app.web.payment_handlers import PaymentHandlers
from reference_app.web.place_handlers import PlaceHandlers
from reference_app.web.route import Route
from reference_app.web.routes import routes
from reference_app.web.visit_handlers import VisitHandlers

MAX_BODY_BYTES = 64 * 1024
_SERVER_TIMING = istr("Server-Timing")


def make_app(components: Components, settings: Settings, loaded: LoadedData) -> web.Application:
    """Put the application together; it opens its connections when it starts."""
    alerts = Alerts(Webhook(settings.alert_webhook) if settings.alert_webhook else None)
    pooling = components.pooling(settings, alerts)
    connections = pooling.connections(components.connections(settings))
    database = DatabaseWatch(connections, alerts)
    users = Users(connections)
    link = RedisLink(settings, alerts)
    changes = components.changes(settings, link)
    breakers = components.breakers(settings, alerts)
    gateway = Gateway(settings.externals_url, pooling.sessions(), breakers)
    registry = components.services(
        ServiceParts(
            settings=settings, connections=connections, gateway=gateway, changes=changes, loaded=loaded
        )
    )
    accounts = registry.front(AccountService(users, settings.token_secret), "accounts", "auth")
    handlers = Handlers(_services(components, connections, accounts, loaded, registry, changes))
    others = _other_routes(components, connections, accounts, gateway, settings, loaded, registry, changes)
    layer_times: list[LayerTime] = []
    version_one = components.version_one()
    scalability: dict[str, Shown | None] = {"circuit_breakers": breakers, "resource_pools": pooling}
    records = RequestRecords()
    services = ServiceWatch(registry, alerts, {"database": database.lost})
    monitoring = Monitoring(records, layer_times, registry, version_one, scalability, services)
    caches = BoundedCaches()
    changes.declare_in(caches)
    watch = components.memory_monitoring(caches, alerts, lambda: records.response.count)
    collection = components.garbage_collection()
    memory = MemoryHandlers(watch, collection, caches, lambda: {"database": connections.opened_count})
    listed = routes(handlers, Health(connections, link), monitoring, [*others, *memory.routes()])
    declared = DeclaredRoutes(listed)
    records.declare(declared)
    limiter, compartments = components.limiter(), components.compartments()
    balancer = SeenBalancer(settings.balancer_url) if settings.balancer_url else None
    scalability |= {"rate_limiter": limiter, "throttler": compartments, "load_balancer": balancer}
    parts = LayerParts(
        settings=settings,
        connections=connections,
        users=users,
        accounts=accounts,
        routes=declared,
        changes=changes,
        link=link,
        limiter=limiter,
        caches=caches,
    )
    layers = components.layers(parts, components.rate_limits(parts), components.cache(parts))
    if limiter is not None or compartments is not None:
        layers = (RequestAdmission(parts, compartments), *layers)
    layer_times.extend(LayerTime(layer.name) for layer in layers)
    # Errors become answers twice: inside, so that the layers see answers; outside, for what a
    # layer itself refuses.
    app = web.Application(
        middlewares=[
            *([live_memory_first] if settings.has_memory_probe else []),
            *([told_by_balancer] if balancer is not None else []),
            _with_timings(records, collection, SlowResponses(alerts)),
            errors_as_json,
            *components.arrangement(layers, layer_times, parts.routes),
            take_off,
            errors_as_json,
        ],
        client_max_size=MAX_BODY_BYTES,
    )
    app.cleanup_ctx.extend((_alerting(alerts), _linked(link), _running(registry)))
    if limiter is not None and settings.tier is not None:
        app.cleanup_ctx.append(_watching_load(LoadWatch(limiter.pressure)))
    if balancer is not None:
        app.cleanup_ctx.append(_asking(balancer))
    app.cleanup_ctx.append(_looking_after_memory(watch, collection, memory))
    app.cleanup_ctx.extend([_watching(database, services), _watching_runtime])
    app[JSON] = components.json()
    app[COMPARTMENTS] = compartments
    app[DATABASE_WATCH] = database
    app.on_response_prepare.append(version_one.mark)
    app.on_response_prepare.append(_add_server_timing)
    app.add_routes(components.mounts([route.definition for route in listed]))
    return app


def _services(
    components: Components,
    connections: Connections,
    accounts: AccountService,
    loaded: LoadedData,
    registry: ServiceRegistry,
    changes: Changes,
) -> Services:
    today = loaded.anchor_date
    transactions = Transactions(connections, components.booking_lock(), changes)
    booking = BookingService(transactions, components.bookings(), today)
    return Services(
        today=today,
        accounts=accounts,
        booking=registry.front(booking, "booking", "booking"),
        directory=registry.front(components.directory(connections), "directory", "location"),
        availability=registry.front(components.availability(connections), "availability", "booking"),
        histories=registry.front(components.histories(connections), "histories", "analytics"),
        location_days=registry.front(components.location_days(connections), "location_days", "booking"),
        revenue=registry.front(components.revenue(connections), "revenue", "analytics"),
    )


def _other_routes(
    components: Components,
    connections: Connections,
    accounts: AccountService,
    gateway: Gateway,
    settings: Settings,
    loaded: LoadedData,
    registry: ServiceRegistry,
    changes: Changes,
) -> list[Route]:
    today = loaded.anchor_date
    transactions = Transactions(connections, components.booking_lock(), changes)
    bookings = components.bookings()
    second_factor = SecondFactorService(transactions, accounts, settings.token_secret)
    visits = VisitService(transactions, bookings, components.visits(), today)
    waitlist = WaitlistService(transactions, bookings, components.waitlist(), today)
    payments = PaymentService(transactions, components.payments(), gateway)
    reviews = ReviewService(transactions, bookings, components.reviews(), today)
    notifications = NotificationService(transactions, components.notifications(), gateway)
    places = registry.front(components.places(connections), "places", "location")
    next_slots = registry.front(components.next_slots(connections), "next_slots", "booking")
    clients = registry.front(components.clients(connections), "clients", "client")
    analytics = registry.front(components.analytics(connections), "analytics", "analytics")
    return [
        *AccountHandlers(accounts, registry.front(second_factor, "second_factor", "auth")).routes(),
        *PlaceHandlers(places, next_slots, today).routes(),
        *ClientHandlers(clients).routes(),
        *VisitHandlers(
            registry.front(visits, "visits", "booking"),
            registry.front(waitlist, "waitlist", "waitlist"),
            today,
        ).routes(),
        *PaymentHandlers(registry.front(payments, "payments", "payment")).routes(),
        *MessageHandlers(
            registry.front(reviews, "reviews", "review"),
            registry.front(notifications, "notifications", "notification"),
        ).routes(),
        *AnalyticsHandlers(analytics, components.revenue(connections), today).routes(),
    ]


def _alerting(alerts: Alerts) -> Callable[[web.Application], AsyncIterator[None]]:
    async def alerting(_: web.Application) -> AsyncIterator[None]:
        await alerts.open()
        yield
        await alerts.close()

    return alerting


def _watching(database: DatabaseWatch, services: ServiceWatch) -> Callable[..., AsyncIterator[None]]:
    async def watching(_: web.Application) -> AsyncIterator[None]:
        await services.open()
        yield
        await services.close()
        await database.close()

    return watching


async def _watching_runtime(_: web.Application) -> AsyncIterator[None]:
    stop = watch_runtime()
    yield
    stop()


def _linked(link: RedisLink) -> Callable[[web.Application], AsyncIterator[None]]:
    async def linked(_: web.Application) -> AsyncIterator[None]:
        await link.open()
        yield
        await link.close()

    return linked


def _watching_load(watch: LoadWatch) -> Callable[[web.Application], AsyncIterator[None]]:
    async def watching(_: web.Application) -> AsyncIterator[None]:
        await watch.open()
        yield
        await watch.close()

    return watching


def _asking(balancer: SeenBalancer) -> Callable[[web.Application], AsyncIterator[None]]:
    async def asking(_: web.Application) -> AsyncIterator[None]:
        balancer.open()
        yield
        await balancer.close()

    return asking


def _running(registry: ServiceRegistry) -> Callable[[web.Application], AsyncIterator[None]]:
    async def running(_: web.Application) -> AsyncIterator[None]:
        await registry.start()
        yield
        await registry.stop()

    return running


def _looking_after_memory(
    monitoring: MemoryMonitoring, collection: GarbageCollection, memory: MemoryHandlers
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def looking_after(_: web.Application) -> AsyncIterator[None]:
        await monitoring.start()
        collection.open()
        yield
        collection.close()
        await monitoring.stop()
        await memory.close()

    return looking_after


def _with_timings(records: RequestRecords, collection: GarbageCollection, slow: SlowResponses) -> Middleware:
    @web.middleware
    async def with_timings(request: web.Request, handler: Handler) -> web.StreamResponse:
        timings = request[TIMINGS] = begin_request(f"{request.method} {request.path}")
        response = await handler(request)
        endpoint = records.note(request, response.status, timings)
        slow.note(endpoint, time.perf_counter() - timings.started_s)
        collection.note_request()
        return response

    return with_timings


async def _add_server_timing(request: web.Request, response: web.StreamResponse) -> None:
    # A request that aiohttp refuses before any middleware runs, for its Expect header, has no timings yet.
    timings = request.get(TIMINGS) or RequestTimings()
    response.headers[_SERVER_TIMING] = timings.server_timing()
