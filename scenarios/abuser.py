"""One account that asks far more than its quota, until it is told to end.

`python -m scenarios.abuser http://127.0.0.1:8001 100` asks for its own history a hundred times a
second, as well as the server lets it, and takes every answer.
"""

import http.client
import json
import sys
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from scenarios.journeys.shop import PASSWORD, client_email

_THREADS = 8
_ACCOUNT = 1
"""Not among the accounts of the other scenarios, which take every n-th."""
_TIMEOUT_S = 30.0


def main(arguments: Sequence[str]) -> None:
    """Ask `rate` times a second, shared by some threads."""
    url, rate = arguments[0], float(arguments[1])
    token, client_id = _log_in(url)
    path = f"/api/v2/clients/{client_id}/history"
    threads = [
        threading.Thread(target=_ask_on, args=(url, token, path, _THREADS / rate), daemon=True)
        for _ in range(_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _log_in(url: str) -> tuple[str, int]:
    connection = _connect(url)
    body = json.dumps({"email": client_email(_ACCOUNT), "password": PASSWORD})
    connection.request("POST", "/api/v2/auth/login", body, {"Content-Type": "application/json"})
    session = json.loads(connection.getresponse().read())
    return session["token"], session["user"]["client_id"]


def _ask_on(url: str, token: str, path: str, interval_s: float) -> None:
    connection = _connect(url)
    due_s = time.monotonic()
    while True:
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection.close()
        due_s += interval_s
        time.sleep(max(0.0, due_s - time.monotonic()))


def _connect(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)


if __name__ == "__main__":
    main(sys.argv[1:])
