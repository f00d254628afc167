import re

import pytest

from reference_app.monitoring.request_timings import (
    RequestTimings,
    begin_request,
    database_time,
    external_time,
)


def test_the_header_names_app_middleware_and_database_in_milliseconds() -> None:
    timings = RequestTimings(database_s=0.0079, statement_count=3, middleware_s=0.0012)

    header = timings.server_timing()

    parts = r'app;dur=\d+\.\d{3}, mw;dur=1\.200, db;dur=7\.900;desc="n=3", ext;dur=0\.000;desc="n=0"'
    assert re.fullmatch(parts, header)


def test_statements_add_up_and_waiting_for_a_connection_is_no_statement() -> None:
    timings = begin_request()
    for _ in range(2):
        with database_time():
            pass
    after_statements_s = timings.database_s
    with database_time(statement_count=0):
        pass

    assert timings.statement_count == 2
    assert 0 < after_statements_s < timings.database_s


def test_a_failing_statement_counts_too() -> None:
    timings = begin_request()
    with pytest.raises(ZeroDivisionError), database_time():
        1 / 0  # noqa: B018 - a statement that fails

    assert timings.statement_count == 1


def test_calls_to_other_services_are_counted_and_named_once() -> None:
    timings = begin_request()
    for service in ("payments", "sms", "payments"):
        with external_time(service):
            pass

    assert timings.external_s > 0
    assert timings.server_timing().endswith('desc="n=3 payments sms"')


def test_each_request_starts_from_zero() -> None:
    begin_request().statement_count = 5

    assert begin_request().statement_count == 0
