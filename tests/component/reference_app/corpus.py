"""A corpus of requests over all endpoints, roles and errors, replayed against every variant."""

import json
import time
from base64 import b32decode
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from reference_app.domain.totp import STEP_S, code_at
from tests.component.reference_app.backends import ACCOUNTS, PASSWORD, Answer, Backend, free_starts

EVERYONE = ("", "client", "neighbour", "staff", "far staff", "owner")
BARBER = 1  # works at location 1
SUMMER_TIME_DAYS = ("2026-03-28", "2026-03-29", "2026-03-30", "2026-03-08", "2025-10-26", "2025-11-02")
ODD_DATES = ("2026-03-16", "2026-03-15", "2026-04-13", "2026-04-14", "2024-03-15", "2024-03-14", "9999-12-31")
NOT_DATES = ("", "0001-01-01", "2026-02-30", "tomorrow", "2026-3-1", "%00", "2026-03-17T10:00:00")
NOT_IDS = (
    "",
    "0",
    "-1",
    "1.5",
    "abc",
    "999999",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 30,
    "٣",
    "%00",
)
NOT_MOMENTS = (
    "2026-03-17",
    "2026-03-17T10:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-03-17T25:00:00Z",
    "\u0000",
    "\ud800",
    17,
    None,
    [],
    {},
    True,
)
ODD_VALUES: tuple[Any, ...] = (None, True, -1, 1.5, "1", [], {}, 0, 2**63 - 1, 2**63, 10**30)
NOT_BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"1e999",
    b"\xff\xfe",
    b'{"a":' * 200 + b"1" + b"}" * 200,
    b"[" * 50_000,
)

Step = tuple[str, Answer]


async def replay(backend: Backend, *, is_short: bool = False, is_brief: bool = False) -> AsyncIterator[Step]:
    """Yield each request's name and answer.

    The short corpus leaves malformed requests out; the brief one asks each kind of endpoint, both versions
    and all roles a few times, changes things, and sends what layers refuse.
    """
    parts = (
        *(
            _reads,
            _more_reads,
            _insights,
            _odd_reads,
            _odd_searches,
            _odd_insights,
            _log_ins,
            _second_factors,
        ),
        *(_bookings, _visits, _payments, _refunds, _reviews, _series, _waitlist, _notifications),
        *(_odd_bookings, _odd_changes, _odd_bodies, _other_mounts, _version_one, _memory),
        _refused_by_layers,
    )
    brief = (_bookings, _payments, _version_one, _refused_by_layers)
    for part in brief if is_brief else parts:
        if is_short and part.__name__.startswith("_odd"):
            continue
        async for step in part(backend):
            yield step


async def _get(backend: Backend, path: str, role: str = "") -> Step:
    return f"GET {path} as {role or 'nobody'}", await backend.ask("GET", path, role)


async def _post(backend: Backend, path: str, role: str = "", **options: Any) -> Step:
    return f"POST {path} {options!r:.200} as {role or 'nobody'}", await backend.ask(
        "POST", path, role, **options
    )


async def _reads(backend: Backend) -> AsyncIterator[Step]:
    yield await _get(backend, "/health/live")
    yield await _get(backend, "/health/ready")
    yield await _get(backend, "/api/v2/locations")
    for role in EVERYONE:
        yield await _get(backend, "/api/v2/clients/1/history", role)
        yield await _get(backend, "/api/v2/clients/31/history?limit=3", role)
        yield await _get(backend, "/api/v2/locations/1/day?date=2026-03-14", role)
        yield await _get(backend, "/api/v2/analytics/revenue", role)
    for day in (*SUMMER_TIME_DAYS, *ODD_DATES):
        for barber_id in range(1, 4):
            service_id = 1 + 6 * ((barber_id - 1) % 2)
            query = f"barber_id={barber_id}&service_id={service_id}&date={day}"
            yield await _get(backend, f"/api/v2/availability/slots?{query}")
        yield await _get(backend, f"/api/v2/availability/slots?location_id=1&service_id=3&date={day}")
        yield await _get(backend, f"/api/v2/availability/slots?location_id=2&service_id=12&date={day}")
        yield await _get(backend, f"/api/v2/locations/2/day?date={day}", "owner")
        yield await _get(backend, f"/api/v2/analytics/revenue?days=7&until={day}", "owner")
    for offset in range(1, 13):
        path = f"/api/v2/availability/slots?location_id=1&service_id=5&date=2026-03-{16 + offset}"
        yield await _get(backend, path)
    yield await _get(backend, "/api/v2/analytics/revenue?days=366", "owner")
    yield await _get(backend, "/api/v2/analytics/revenue?days=90&location_id=2", "owner")
    yield await _get(backend, "/api/v2/analytics/revenue?days=1&location_id=2&until=2024-06-01", "owner")


async def _more_reads(backend: Backend) -> AsyncIterator[Step]:
    yield await _get(backend, "/api/v2/openapi.json")
    for location_id in ("1", "2", "3", "999999", "9" * 19, "9" * 30):
        yield await _get(backend, f"/api/v2/locations/{location_id}")
    for day in (*SUMMER_TIME_DAYS, *ODD_DATES):
        for query in (
            "location_id=1&service_id=3",
            "location_id=2&service_id=12",
            "barber_id=1&service_id=1",
        ):
            yield await _get(backend, f"/api/v2/availability/next?{query}&from={day}")
    yield await _get(backend, "/api/v2/availability/next?barber_id=2&service_id=7")
    for role in EVERYONE:
        for client_id in (1, 31, 199, 999999):
            yield await _get(backend, f"/api/v2/clients/{client_id}/lifetime-value", role)
        for search in ("name=zoe", "name=%C5%81U&limit=3", "name=o", "email=client000007%40example.test"):
            yield await _get(backend, f"/api/v2/clients?{search}", role)


async def _odd_searches(backend: Backend) -> AsyncIterator[Step]:
    for name in ("", "z", "_", "%25%25", "%00a", "%CC%81%CC%81", "ZO%C3%8B", "x" * 101, "O%27Brien", "zz"):
        yield await _get(backend, f"/api/v2/clients?name={name}", "owner")
        yield await _get(backend, f"/api/v2/clients?email={name}", "owner")
    for query in ("", "name=an&email=x", "name=an&limit=0", "name=an&limit=101", "name=an&limit=x"):
        yield await _get(backend, f"/api/v2/clients?{query}", "owner")
    for value in NOT_IDS:
        odd = quote(value, safe="%")
        yield await _get(backend, f"/api/v2/availability/next?barber_id={odd}&service_id=1")
        yield await _get(backend, f"/api/v2/availability/next?location_id={odd}&service_id=1")
        yield await _get(backend, f"/api/v2/availability/next?location_id=1&service_id={odd}")
        yield await _get(backend, f"/api/v2/clients/{odd}/lifetime-value", "owner")
        yield await _get(backend, f"/api/v2/locations/{odd}")
    for value in NOT_DATES:
        yield await _get(backend, f"/api/v2/availability/next?barber_id=1&service_id=1&from={value}")
    # A service of another location.
    yield await _get(backend, "/api/v2/availability/next?barber_id=1&service_id=7")


INSIGHTS = ("retention", "utilisation", "top-services", "no-shows", "six-figures")


async def _insights(backend: Backend) -> AsyncIterator[Step]:
    paths = [*(f"/api/v2/analytics/{name}" for name in INSIGHTS), "/api/v2/payments/commissions"]
    for path in paths:
        for role in EVERYONE:
            yield await _get(backend, path, role)
        yield await _get(backend, f"{path}?location_id=1&days=14", "staff")
        yield await _get(backend, f"{path}?location_id=1&days=14", "owner")
        for until in ("2026-03-29", "2025-10-26", "2026-04-13", "2024-06-01"):
            yield await _get(backend, f"{path}?days=20&until={until}", "owner")
        yield await _get(backend, f"{path}?days=366", "owner")
        yield await _get(backend, f"{path}?location_id=999999", "owner")
    yield await _get(backend, "/api/v2/analytics/top-services?limit=2", "owner")
    for role in EVERYONE:
        yield await _get(backend, "/api/v2/notifications", role)
        yield await _get(backend, "/api/v2/waitlist?location_id=1&date=2026-03-20", role)
        yield await _get(backend, "/api/v2/payments/1", role)
    for offset in range(1, 28, 3):
        day = f"2026-03-{16 + offset:02d}" if offset <= 15 else f"2026-04-{offset - 15:02d}"
        yield await _get(backend, f"/api/v2/waitlist?location_id=2&date={day}", "owner")
    for barber_id in range(1, 8):
        yield await _get(backend, f"/api/v2/barbers/{barber_id}/reviews?limit=5")
    yield await _get(backend, "/api/v2/barbers/1/reviews?limit=100")


async def _odd_insights(backend: Backend) -> AsyncIterator[Step]:
    for value in NOT_IDS:
        odd = quote(value, safe="%")
        yield await _get(backend, f"/api/v2/analytics/retention?days={odd}", "owner")
        yield await _get(backend, f"/api/v2/payments/commissions?location_id={odd}", "owner")
        yield await _get(backend, f"/api/v2/analytics/top-services?limit={odd}", "owner")
        yield await _get(backend, f"/api/v2/payments/{odd}", "owner")
        yield await _get(backend, f"/api/v2/barbers/{odd}/reviews")
        yield await _get(backend, f"/api/v2/notifications?limit={odd}", "owner")
        yield await _get(backend, f"/api/v2/waitlist?location_id={odd}&date=2026-03-20", "owner")
    for value in NOT_DATES:
        yield await _get(backend, f"/api/v2/analytics/no-shows?until={value}", "owner")
        yield await _get(backend, f"/api/v2/waitlist?location_id=1&date={value}", "owner")


async def _odd_reads(backend: Backend) -> AsyncIterator[Step]:
    for value in NOT_IDS:
        odd = quote(value, safe="%")
        yield await _get(backend, f"/api/v2/availability/slots?barber_id={odd}&service_id=1&date=2026-03-17")
        yield await _get(
            backend, f"/api/v2/availability/slots?location_id={odd}&service_id=1&date=2026-03-17"
        )
        yield await _get(backend, f"/api/v2/availability/slots?barber_id=1&service_id={odd}&date=2026-03-17")
        yield await _get(backend, f"/api/v2/analytics/revenue?location_id={odd}", "owner")
        yield await _get(backend, f"/api/v2/analytics/revenue?days={odd}", "owner")
        yield await _get(backend, f"/api/v2/clients/{odd}/history", "owner")
        yield await _get(backend, f"/api/v2/clients/1/history?limit={odd}", "owner")
        yield await _get(backend, f"/api/v2/locations/{odd}/day?date=2026-03-17", "owner")
    for value in NOT_DATES:
        yield await _get(backend, f"/api/v2/availability/slots?barber_id=1&service_id=1&date={value}")
        yield await _get(backend, f"/api/v2/locations/1/day?date={value}", "owner")
        yield await _get(backend, f"/api/v2/analytics/revenue?until={value}", "owner")
    # A service of another location.
    yield await _get(backend, "/api/v2/availability/slots?barber_id=1&service_id=7&date=2026-03-17")
    yield await _get(backend, "/api/v2/availability/slots?location_id=1&service_id=7&date=2026-03-17")
    for path in ("/", "/api/v2/nothing", "/api/v2/availability/slots", "/%00", "/api/v2/clients/-1/history"):
        yield await _get(backend, path)
    yield "DELETE /api/v2/locations", await backend.ask("DELETE", "/api/v2/locations")
    for header in ("", "Bearer", "Bearer x.y.z", "Basic abc", "Bearer " + "a" * 2000):
        headers = {"Authorization": header}
        yield f"Authorization {header:.30}", await backend.ask("GET", "/api/v2/locations", headers=headers)


async def _log_ins(backend: Backend) -> AsyncIterator[Step]:
    path = "/api/v2/auth/login"
    yield await _post(backend, path, body={"email": ACCOUNTS["owner"], "password": PASSWORD})
    yield await _post(backend, path, body={"email": ACCOUNTS["owner"], "password": "wrong"})
    yield await _post(backend, path, body={"email": ACCOUNTS["owner"].upper(), "password": PASSWORD})
    yield await _post(backend, path, body={"email": "nobody@example.test", "password": PASSWORD})
    for value in (*ODD_VALUES, "\u0000", "\ud800", "x" * 300):
        yield await _post(backend, path, body={"email": value, "password": PASSWORD})
        yield await _post(backend, path, body={"email": ACCOUNTS["owner"], "password": value})


async def _bookings(backend: Backend) -> AsyncIterator[Step]:
    service_id, starts = await free_starts(backend, BARBER, 6)
    path = "/api/v2/appointments"
    wanted = {"barber_id": BARBER, "service_id": service_id, "starts_at": starts[0]}
    name, booked = await _post(backend, path, "client", body=wanted)
    yield name, booked
    assert booked.status == 201, booked
    own = f"{path}/{booked.body['id']}"
    yield await _post(backend, path, "client", body=wanted)
    yield await _post(backend, path, "neighbour", body=wanted)
    for role in EVERYONE:
        yield await _post(backend, path, role, body=wanted | {"starts_at": starts[1], "client_id": 3})
        yield await _post(backend, f"{own}/reschedule", role, body={"starts_at": starts[2]})
    keyed = wanted | {"starts_at": starts[3], "notes": "Zoë asks for the same fade as last time."}
    for key in ("a-key", "a-key", "other-key", "", "x" * 201, "ü"):
        yield await _post(backend, path, "client", body=keyed, headers={"Idempotency-Key": key})
    another = keyed | {"starts_at": starts[4]}
    yield await _post(backend, path, "client", body=another, headers={"Idempotency-Key": "a-key"})
    yield await _post(backend, path, "neighbour", body=another, headers={"Idempotency-Key": "a-key"})
    yield await _post(backend, f"{own}/reschedule", "client", body={"starts_at": starts[3]})
    yield await _post(backend, f"{own}/reschedule", "client", body={"starts_at": starts[5]})
    yield await _post(backend, f"{own}/reschedule", "client", body={"starts_at": starts[5]})
    for role in EVERYONE:
        yield await _post(backend, f"{own}/cancel", role)
    yield await _post(backend, f"{own}/reschedule", "client", body={"starts_at": starts[2]})
    yield await _post(backend, path, "neighbour", body=wanted | {"starts_at": starts[5]})
    yield await _get(backend, "/api/v2/clients/1/history", "client")
    yield await _get(backend, f"/api/v2/locations/1/day?date={starts[0][:10]}", "staff")


async def _second_factors(backend: Backend) -> AsyncIterator[Step]:
    refresh, enrol, verify = (f"/api/v2/auth/{name}" for name in ("refresh", "mfa/enrol", "mfa/verify"))
    for role in EVERYONE:
        yield await _post(backend, refresh, role)
    yield await _post(backend, enrol)
    # An account of its own: the others go on without a second factor.
    offered = (await backend.ask("POST", enrol, "careful")).body
    yield await _post(backend, enrol, "careful")
    for code in ("", "000000", "1234567", "١٢٣٤٥٦", "abcdef", None, 123456):
        yield await _post(backend, verify, "careful", body={"code": code})
    code = code_at(b32decode(offered["secret"]), int(time.time()) // STEP_S)
    first = await backend.ask("POST", verify, "careful", body={"code": code, "label": "My phone"})
    # The code itself depends on the time of day; what it is exchanged for does not.
    yield "the first right code", first
    yield "the same code again", await backend.ask("POST", verify, "careful", body={"code": code})
    verified = {"Authorization": f"Bearer {first.body['token']}"}
    yield "refresh after it", await backend.ask("POST", refresh, headers=verified)
    yield "another device", await backend.ask("POST", enrol, headers=verified)
    yield "history after it", await backend.ask("GET", "/api/v2/clients/3/history", headers=verified)


async def _visits(backend: Backend) -> AsyncIterator[Step]:
    path = "/api/v2/appointments"
    service_id, starts = await free_starts(backend, BARBER, 1)
    wanted = {"barber_id": BARBER, "service_id": service_id, "starts_at": starts[0]}
    ahead = (await _post(backend, path, "client", body=wanted))[1].body["id"]
    for appointment_id in (ahead, *await todays(backend, 1), 1, 999999):
        for role in EVERYONE:
            yield await _post(backend, f"{path}/{appointment_id}/no-show", role)
        yield await _post(backend, f"{path}/{appointment_id}/complete", "owner")
        yield await _post(backend, f"{path}/{appointment_id}/cancel", "owner")
    for role in EVERYONE:
        yield await _post(backend, f"{path}/{ahead}/calendar", role)


async def todays(backend: Backend, count: int) -> list[int]:
    """Book appointments of today for the client and answer their ids."""
    query = "location_id=1&service_id=1&date=2026-03-16"
    answer = await backend.ask("GET", f"/api/v2/availability/slots?{query}")
    free = [
        (barber["barber_id"], start) for barber in answer.body["barbers"] for start in barber["slots"][::3]
    ]
    ids = []
    for barber_id, start in free[:count]:
        body = {"barber_id": barber_id, "service_id": 1, "starts_at": start}
        booked = await backend.ask("POST", "/api/v2/appointments", "client", body=body)
        assert booked.status == 201, booked
        ids.append(booked.body["id"])
    assert len(ids) == count, answer
    return ids


async def _payments(backend: Backend) -> AsyncIterator[Step]:
    path = "/api/v2/payments"
    first, second = await todays(backend, 2)
    yield await _post(backend, path, "client", body={"appointment_id": first, "method": "card"})
    for appointment_id in (first, second):
        yield await _post(backend, f"/api/v2/appointments/{appointment_id}/complete", "staff")
    yield await _post(backend, path, "client", body={"appointment_id": first, "method": "cash"})
    for role in ("", "neighbour", "far staff", "client", "client", "owner"):
        yield await _post(backend, path, role, body={"appointment_id": first, "method": "card"})
    yield await _post(backend, path, "staff", body={"appointment_id": second, "method": "cash"})
    for appointment_id in (1, 2, 3, 999999):
        yield await _post(backend, path, "owner", body={"appointment_id": appointment_id, "method": "wallet"})
    for appointment_id in (first, second):
        for rating in (5, 4):
            body = {"appointment_id": appointment_id, "rating": rating, "comment": "Très bien."}
            for role in ("", "neighbour", "staff", "client"):
                yield await _post(backend, "/api/v2/reviews", role, body=body)
    yield await _get(backend, "/api/v2/clients/1/lifetime-value", "staff")
    yield await _get(backend, f"/api/v2/barbers/{BARBER}/reviews")


async def _refunds(backend: Backend) -> AsyncIterator[Step]:
    for payment_id in (1, 2, 999999):
        path = f"/api/v2/payments/{payment_id}"
        for role in EVERYONE:
            yield await _post(backend, f"{path}/refund", role, body={"amount_cents": 100})
        for amount in (10**7, 2**31 - 1, 2**31, 0, -1, 1.5, "1", True, []):
            yield await _post(backend, f"{path}/refund", "owner", body={"amount_cents": amount})
        yield await _post(backend, f"{path}/refund", "owner", body={})
        yield await _post(backend, f"{path}/refund", "owner", body={})
        yield await _get(backend, path, "owner")


async def _reviews(backend: Backend) -> AsyncIterator[Step]:
    for value in (*ODD_VALUES, 5, "\u0000", "\ud800", "x" * 1001):
        for name in ("appointment_id", "rating", "comment"):
            body = {"appointment_id": 999999, "rating": 3, "comment": "x"} | {name: value}
            yield await _post(backend, "/api/v2/reviews", "client", body=body)


async def _series(backend: Backend) -> AsyncIterator[Step]:
    path = "/api/v2/appointments/recurring"
    service_id, starts = await free_starts(backend, BARBER, 4)
    wanted = {"barber_id": BARBER, "service_id": service_id, "interval_weeks": 1, "count": 4}
    for role in EVERYONE:
        yield await _post(backend, path, role, body=wanted | {"starts_at": starts[0]})
        yield await _post(backend, path, role, body=wanted | {"starts_at": starts[1], "client_id": 2})
    keyed = wanted | {"starts_at": starts[2], "count": 8, "interval_weeks": 2}
    for key in ("series", "series", ""):
        yield await _post(backend, path, "client", body=keyed, headers={"Idempotency-Key": key})
    other = keyed | {"count": 2}
    yield await _post(backend, path, "client", body=other, headers={"Idempotency-Key": "series"})
    for value in (*ODD_VALUES, 1, 2, 9, 13):
        for name in ("interval_weeks", "count"):
            body = wanted | {"starts_at": "2026-03-18T03:00:00+01:00"} | {name: value}
            yield await _post(backend, path, "client", body=body)


async def _waitlist(backend: Backend) -> AsyncIterator[Step]:
    path = "/api/v2/waitlist"
    service_id, starts = await free_starts(backend, BARBER, 1)
    wanted = {"barber_id": BARBER, "service_id": service_id, "date": starts[0][:10]}
    for role in EVERYONE:
        yield await _post(backend, path, role, body=wanted)
        yield await _post(backend, path, role, body=wanted | {"client_id": 5})
    odd = {"barber_id": ODD_VALUES, "client_id": ODD_VALUES, "date": (*NOT_DATES, None, 1)}
    for name, values in odd.items():
        for value in values:
            yield await _post(backend, path, "owner", body=wanted | {"client_id": 6} | {name: value})
    yield await _post(backend, path, "client", body=wanted | {"date": "2026-04-14"})
    yield await _get(backend, f"{path}?location_id=1&date={starts[0][:10]}", "staff")
    # Who waits is told when an appointment of that day is cancelled.
    booking = {"barber_id": BARBER, "service_id": service_id, "starts_at": starts[0]}
    _, booked = await _post(backend, "/api/v2/appointments", "neighbour", body=booking)
    yield await _post(backend, f"/api/v2/appointments/{booked.body['id']}/cancel", "neighbour")


async def _notifications(backend: Backend) -> AsyncIterator[Step]:
    path = "/api/v2/notifications/dispatch"
    for role in EVERYONE:
        yield await _post(backend, path, role, body={"limit": 3})
    for limit in (*ODD_VALUES, 50, 51):
        yield await _post(backend, path, "far staff", body={"limit": limit})
    yield await _post(backend, path, "owner", body={})
    yield await _get(backend, "/api/v2/notifications?limit=7", "owner")


async def _odd_changes(backend: Backend) -> AsyncIterator[Step]:
    for value in (*ODD_VALUES, "card", "\u0000", "\ud800"):
        for name in ("appointment_id", "method"):
            body = {"appointment_id": 999999, "method": "cash"} | {name: value}
            yield await _post(backend, "/api/v2/payments", "owner", body=body)
    for what in ("complete", "no-show", "calendar"):
        for appointment_id in ("0", "9" * 19, "9" * 20, "x"):
            yield await _post(backend, f"/api/v2/appointments/{appointment_id}/{what}", "owner")


async def _odd_bookings(backend: Backend) -> AsyncIterator[Step]:
    path = "/api/v2/appointments"
    wanted: dict[str, Any] = {"barber_id": BARBER, "service_id": 1, "starts_at": "2026-03-18T13:00:00+01:00"}
    for name in ("barber_id", "service_id", "client_id", "notes"):
        for value in (*ODD_VALUES, "\u0000", "\ud800", "x" * 501, "999999"):
            # A time at night is offered by nobody: whatever passes the checks of the body is still refused.
            night = wanted | {"starts_at": "2026-03-18T03:00:00+01:00"}
            yield await _post(backend, path, "owner", body=night | {"client_id": 1} | {name: value})
            yield await _post(backend, path, "client", body=night | {name: value})
    for moment in (
        *NOT_MOMENTS,
        "2026-03-18T13:07:00+01:00",
        "2026-03-18T03:00:00+01:00",
        "2026-03-22T13:00:00+01:00",
        "2026-03-15T13:00:00+01:00",
        "2026-04-14T13:00:00+02:00",
        "2026-03-29T02:30:00+01:00",
        "2024-01-01T13:00:00Z",
    ):
        yield await _post(backend, path, "client", body=wanted | {"starts_at": moment})
        yield await _post(backend, f"{path}/1/reschedule", "owner", body={"starts_at": moment})
    for appointment_id in ("1", "999", "1000", "99999999", "9223372036854775807", "9" * 19, "0"):
        body = {"starts_at": "2026-03-18T13:00:00+01:00"}
        yield await _post(backend, f"{path}/{appointment_id}/reschedule", "client", body=body)
        yield await _post(backend, f"{path}/{appointment_id}/cancel", "client")


async def _odd_bodies(backend: Backend) -> AsyncIterator[Step]:
    for path in (
        *("/api/v2/auth/login", "/api/v2/appointments", "/api/v2/appointments/1/reschedule"),
        *("/api/v2/payments", "/api/v2/payments/1/refund", "/api/v2/reviews", "/api/v2/waitlist"),
        *("/api/v2/appointments/recurring", "/api/v2/notifications/dispatch", "/api/v2/auth/mfa/verify"),
    ):
        for data in (*NOT_BODIES, b"{}", b'{"notes":"' + b"x" * 70_000 + b'"}'):
            yield await _post(backend, path, "client", data=data)
    yield await _post(backend, "/api/v2/appointments/1/cancel", "client", data=b"{")


async def _other_mounts(backend: Backend) -> AsyncIterator[Step]:
    """Ask version 1, and other channels, for what version 2 of the API answers."""
    for mount in ("/api/v1", "/app/v1", "/kiosk/v2"):
        yield await _get(backend, f"{mount}/locations")
        yield await _get(backend, f"{mount}/availability/slots?barber_id=1&service_id=1&date=2026-03-19")
        for role in EVERYONE:
            yield await _get(backend, f"{mount}/clients/1/history", role)
            yield await _get(backend, f"{mount}/locations/1/day?date=2026-03-14", role)
            yield await _get(backend, f"{mount}/analytics/revenue?days=7", role)
            yield await _post(backend, f"{mount}/appointments/1/cancel", role)
        yield await _post(
            backend, f"{mount}/auth/login", body={"email": ACCOUNTS["owner"], "password": PASSWORD}
        )
        yield f"DELETE {mount}/locations", await backend.ask("DELETE", f"{mount}/locations")
    for path in ("/api/v3/locations", "/other/v2/locations", "/api/v2/locations?q=<script>", "/v2/locations"):
        yield await _get(backend, path)


async def _version_one(backend: Backend) -> AsyncIterator[Step]:
    """Ask version 1 for everything that version 2 reads, and book, move and pay through it."""
    for path, role in (
        ("/locations/1", ""),
        ("/availability/next?barber_id=1&service_id=1&from=2026-03-28", ""),
        ("/availability/slots?barber_id=1&service_id=1&date=2026-03-29", ""),
        ("/availability/slots?location_id=2&service_id=12&date=2026-03-08", ""),
        ("/availability/slots?barber_id=x&service_id=1&date=2026-03-29", ""),
        ("/clients/1/history?limit=3", "client"),
        ("/clients/1/history?limit=0", "client"),
        ("/clients/31/lifetime-value", "owner"),
        ("/clients?name=zoe", "staff"),
        ("/clients?name=zoe", "client"),
        ("/locations/2/day?date=2026-03-29", "owner"),
        ("/locations/2/day?date=2026-03-29", "staff"),
        *(
            (f"/analytics/{name}?days=14", role)
            for name in ("revenue", *INSIGHTS)
            for role in ("owner", "client")
        ),
        ("/payments/commissions", "owner"),
        ("/payments/1", "owner"),
        ("/payments/1", "neighbour"),
        ("/notifications", "far staff"),
        ("/waitlist?location_id=1&date=2026-03-20", "staff"),
        ("/barbers/1/reviews?limit=5", ""),
        ("/nothing", "owner"),
    ):
        yield await _get(backend, f"/api/v1{path}", role)
    service_id, starts = await free_starts(backend, BARBER, 2)
    path = "/mobile/v1/appointments"
    wanted = {"barber_id": BARBER, "service_id": service_id, "starts_at": starts[0]}
    name, booked = await _post(backend, path, "client", body=wanted, headers={"Idempotency-Key": "v1"})
    yield name, booked
    yield await _post(backend, path, "client", body=wanted, headers={"Idempotency-Key": "v1"})
    yield await _post(backend, path, "neighbour", body=wanted)
    own = f"{path}/{booked.body['id']}"
    yield await _post(backend, f"{own}/reschedule", "client", body={"starts_at": starts[1]})
    yield await _post(backend, f"{own}/reschedule", "", body={"starts_at": starts[1]})
    yield await _post(backend, f"{own}/cancel", "neighbour")
    yield await _post(backend, f"{own}/cancel", "client")
    yield await _post(backend, "/api/v1/reviews", "client", body={"appointment_id": 999999, "rating": 6})


async def _memory(backend: Backend) -> AsyncIterator[Step]:
    """Ask for what only the owner may do; what the memory holds is no variant's like another's."""
    path = "/api/v2/monitoring/memory"
    for role in EVERYONE[:-1]:
        yield await _post(backend, f"{path}/cleanup", role)
        yield await _post(backend, f"{path}/trace", role, body={"seconds": 1})
        yield await _get(backend, f"{path}/trace", role)
    yield await _get(backend, f"{path}/trace", "owner")
    for seconds in (*ODD_VALUES[:7], 0, 61, 2**63):
        yield await _post(backend, f"{path}/trace", "owner", body={"seconds": seconds})
    for data in NOT_BODIES[:5]:
        yield await _post(backend, f"{path}/trace", "owner", data=data)
    yield "DELETE memory", await backend.ask("DELETE", path, "owner")


async def _refused_by_layers(backend: Backend) -> AsyncIterator[Step]:
    """Send what must be refused before any handler sees it."""
    for attack in (
        *(
            "<script>",
            "%3Cscript%3Ealert(1)",
            "javascript:alert(1)",
            "1%20union%20select%20*",
            "%24%7Bjndi:x}",
        ),
        *("1;drop%20table%20users", "../../etc/passwd", "..%2F..%2Fetc", "a%27%20or%201=1", "/etc/passwd"),
    ):
        for mount in ("/api/v2", "/api/v1"):
            yield await _get(backend, f"{mount}/locations?q={attack}", "client")
    yield await _get(backend, "/api/v2/locations/..%2F..%2Fetc%2Fpasswd")
    for provider in ("payments", "email", "nobody"):
        for signature in ("", "0" * 64, "ü"):
            headers = {"X-Webhook-Signature": signature}
            path = f"/api/v2/webhooks/{provider}"
            yield await _post(backend, path, data=b"{}", headers=headers)
    deep = json.dumps({"a": [[[[[[[[[[[1]]]]]]]]]]]}).encode()
    cookie = {"Cookie": f"session={await backend.token('client')}"}
    for mount in ("/api/v2", "/api/v1"):
        for amount in (10**9, 10**12):
            yield await _post(backend, f"{mount}/nothing", "staff", body={"amount_cents": amount})
        yield await _post(backend, f"{mount}/appointments", "client", data=deep)
        for more in (
            {},
            {"Origin": "https://elsewhere.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "same-origin"},
        ):
            path = f"{mount}/appointments/999999/cancel"
            yield f"{path} with a cookie and {more}", await backend.ask("POST", path, headers=cookie | more)
    # An expired token, one of nobody, one that somebody else signed, one without a signature.
    header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    for token in (
        f"{header}.eyJzdWIiOiIxIn0.AAAA",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
        f"{header}..",
        "a.b",
    ):
        for path in ("/api/v2/clients/1/history", "/api/v1/clients/1/history", "/api/v2/monitoring/v1-usage"):
            headers = {"Authorization": f"Bearer {token}"}
            yield f"GET {path} with {token}", await backend.ask("GET", path, headers=headers)
