"""What backends tell of themselves: real HTTP answers, and the catalogues of a real PostgreSQL."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.model.count import Count
from harness.model.variant import CountQuestion
from harness.probe.introspection import ask_server, count_indexes, read_layers
from harness.target.connection import execute
from harness.target.postgres import Postgres

TIMED_LAYER = {"name": "sre", "calls": 3, "self_ms": {"sum": 1.5, "p50": 0.5, "p99": None}}
ANSWERS = {
    "/times": (200, json.dumps({"layers": [TIMED_LAYER]})),
    "/spoiled": (200, json.dumps({"layers": [TIMED_LAYER | {"self_ms": {"p50": "fast"}}]})),
    "/services": (200, json.dumps({"total_services": 194})),
    "/layers": (200, json.dumps({"stack": {"layers": [{"name": "a"}, {"name": "b"}]}})),
    "/text": (200, json.dumps({"total_services": "many"})),
    "/truth": (200, json.dumps({"total_services": True})),
    "/broken": (200, "{"),
    "/refused": (401, "{}"),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = ANSWERS.get(self.path, (404, "{}"))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def base_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def layers_at(base_url, path, field="layers"):
    return read_layers(base_url, CountQuestion(metric="middleware_layers", path=path, field=field))


def test_layers_are_kept_as_the_server_tells_them(base_url):
    assert layers_at(base_url, "/times") == {"layers": [TIMED_LAYER], "reason": ""}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/layers", "tells no times of layers"),
        ("/spoiled", "tells no times of layers"),
        ("/refused", "does not tell: it answered 401"),
        ("/broken", "does not tell"),
    ],
)
def test_a_server_without_times_is_told_with_the_reason(base_url, path, reason):
    found = layers_at(base_url, path, "stack.layers" if path == "/layers" else "layers")

    assert found["layers"] == []
    assert reason in found["reason"]


@pytest.fixture
def ask(base_url: str) -> Callable[..., Count]:
    def ask(path, field="total_services"):
        question = CountQuestion(metric="service_count", path=path, field=field)
        return ask_server(base_url, [question])["service_count"]

    return ask


def test_a_number_is_taken_and_a_list_is_counted(ask):
    assert ask("/services") == Count(count=194)
    assert ask("/layers", "stack.layers") == Count(count=2)


@pytest.mark.parametrize(
    ("path", "field", "told"),
    [
        ("/nowhere", "total_services", "GET /nowhere does not tell: it answered 404"),
        ("/refused", "total_services", "GET /refused does not tell: it answered 401"),
        ("/services", "count", "GET /services does not tell: it has no count"),
        ("/layers", "stack.layers.names", "GET /layers does not tell: it has no stack.layers.names"),
        ("/text", "total_services", "total_services in GET /text is neither a number nor a list"),
        ("/truth", "total_services", "total_services in GET /truth is neither a number nor a list"),
    ],
)
def test_what_is_not_told_is_no_number_and_says_why(ask, path, field, told):
    assert ask(path, field) == Count(count=None, reason=told)


def test_what_is_not_json_or_not_there_is_no_number(ask):
    assert ask("/broken").count is None
    gone = ask_server("http://127.0.0.1:1", [CountQuestion(metric="x", path="/", field="x")])["x"]
    assert gone.count is None
    assert "does not tell" in gone.reason


TABLES = """
CREATE TABLE seats (id bigint PRIMARY KEY, place text UNIQUE, row_number int, price int);
CREATE INDEX seats_row ON seats (row_number);
CREATE INDEX seats_price ON seats (price);
INSERT INTO seats SELECT i, 'seat ' || i, i, i FROM generate_series(1, 2000) i;
"""


def test_an_index_is_unused_when_nothing_read_it_and_it_enforces_nothing(postgres: Postgres):
    execute(postgres.admin_url, "CREATE DATABASE kpibench_indexes")
    url = postgres.url("kpibench_indexes")
    try:
        execute(url, TABLES)
        assert count_indexes(url)["unused_indexes"].names == ("public.seats_price", "public.seats_row")

        execute(url, "SET enable_seqscan = off; SELECT price FROM seats WHERE row_number = 7")

        assert count_indexes(url) == {
            "index_count": Count(count=4),
            "unused_indexes": Count(count=1, names=("public.seats_price",)),
        }
    finally:
        execute(postgres.admin_url, "DROP DATABASE kpibench_indexes WITH (FORCE)")


def test_a_database_that_is_gone_tells_nothing():
    found = count_indexes("postgresql://nobody@127.0.0.1:1/nothing")

    assert {name: count.count for name, count in found.items()} == {
        "index_count": None,
        "unused_indexes": None,
    }
