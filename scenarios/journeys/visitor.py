"""Visitor: a Locust user that logs in, checks every answer, and takes its choices from a seeded source."""

import json
import os
import random
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import gevent
from gevent.lock import RLock
from locust import FastHttpUser
from locust.exception import RescheduleTask

from scenarios.journeys.shop import (
    OWNER_EMAIL,
    PASSWORD,
    Account,
    FrontDesk,
    Shop,
    client_email,
    locations_from,
    spread,
    staff_email,
)

_CLIENT_ACCOUNTS = 20
"""Enough that journeys seldom meet over one client's appointments, few enough to log in within seconds."""
_FRONT_DESKS = 20
"""Enough of the 120 locations that 1.2 million appointments need: to log in at each takes BEFORE a minute."""

SEEN_FOLDER = "SCENARIO_SEEN_FOLDER"
"""Environment variable: where to remember what was created."""

Check = Callable[[Any], bool]


class JourneyEnded(RescheduleTask):
    """An answer was not what it must be; the rest of the journey makes no sense."""


class Visitor(FastHttpUser):
    """Base of the scenarios' users; a harness replaces `rng` and `think` to make journeys repeatable."""

    abstract = True
    api: ClassVar[str] = "/api/v2"
    """Where the API is; journeys are written for version 2, and an older client puts its own here."""
    shops: ClassVar[dict[str, Shop]] = {}
    _opening: ClassVar[RLock] = RLock()

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.rng = random.Random()

    @property
    def shop(self) -> Shop:
        """The backend that this user visits."""
        return self.shops[str(self.host)]

    def on_start(self) -> None:
        """Open the backend once for all of its users."""
        with self._opening:
            if str(self.host) not in self.shops:
                self.shops[str(self.host)] = self._open()

    def think(self, seconds: float) -> None:
        """Pause between two steps."""
        gevent.sleep(seconds)

    def pause(self) -> None:
        """Look at an answer as long as someone does who knows what they want."""
        self.think(self.rng.uniform(0.05, 0.3))

    def ask(
        self,
        method: str,
        path: str,
        *,
        name: str,
        is_right: Check,
        account: Account | None = None,
        body: dict[str, Any] | None = None,
        expected: Iterable[int] = (200,),
    ) -> tuple[int, Any]:
        """Send a request and check its answer; return status and body.

        Args:
            method: HTTP method.
            path: with query string.
            name: names the endpoint in all statistics; holds no ids.
            is_right: judges the body of the first expected status.
            account: who asks; None for the public.
            body: sent as JSON.
            expected: statuses that are correct answers; only the first promises a body.

        Raises:
            JourneyEnded: no answer, another status or a wrong body came; the request counts as failed.
        """
        headers = {"Authorization": f"Bearer {account.token}"} if account else {}
        path, name = (text.replace("/api/v2", self.api, 1) for text in (path, name))
        right, *others = expected
        with self.client.request(
            method, path, name=name, headers=headers, json=body, catch_response=True
        ) as answer:
            status = int(answer.status_code)
            content = _parse(answer.content)
            if status in others or (status == right and _holds(is_right, content)):
                answer.success()
                return status, content
            if status == right:
                answer.failure("wrong body")
            elif 0 < status < 400:
                answer.failure(f"unexpected status {status}")
        raise JourneyEnded

    def saw_created(self, kind: str, created_id: int) -> None:
        """Remember what the backend said it has created, for whoever wants to check that it is there.

        A line such as `appointment 17` goes to the file of the host's port in the folder that SEEN_FOLDER
        names; without that variable, nothing is kept.
        """
        if SEEN_FOLDER in os.environ:
            path = Path(os.environ[SEEN_FOLDER]) / f"{urlsplit(str(self.host)).port}.txt"
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{kind} {created_id}\n")

    def log_in(self, email: str) -> Account:
        """Exchange an address and the common password for a token."""
        _, session = self.ask(
            "POST",
            "/api/v2/auth/login",
            name="/api/v2/auth/login",
            body={"email": email, "password": PASSWORD},
            is_right=lambda answer: isinstance(answer["token"], str) and "client_id" in answer["user"],
        )
        return Account(email=email, token=session["token"], client_id=session["user"]["client_id"])

    def _open(self) -> Shop:
        _, directory = self.ask(
            "GET",
            "/api/v2/locations",
            name="/api/v2/locations",
            is_right=lambda answer: bool(answer["locations"]) and answer["client_count"] > 0,
        )
        locations = locations_from(directory)
        clients = spread(directory["client_count"], _CLIENT_ACCOUNTS)
        manned = [locations[index] for index in spread(len(locations), _FRONT_DESKS)]
        return Shop(
            today=date.fromisoformat(directory["anchor_date"]),
            locations=locations,
            clients=tuple(self.log_in(client_email(index)) for index in clients),
            desks=tuple(
                FrontDesk(location=location, account=self.log_in(staff_email(location.id)))
                for location in manned
            ),
            owner=self.log_in(OWNER_EMAIL),
        )


def _parse(content: bytes | None) -> Any:
    try:
        return json.loads(content or b"")
    except ValueError:
        return None


def _holds(check: Check, content: Any) -> bool:
    """Judge a body; one that lacks what the check looks at is wrong, too."""
    try:
        return check(content)
    except (KeyError, TypeError, IndexError, ValueError):
        return False
