import numpy as np
import pytest

from reference_app.storage.seed.copy_format import encode
from reference_app.storage.seed.dataset import Drawn, draw
from reference_app.storage.seed.records import records
from reference_app.storage.seed.sizes import ANCHOR_DAY, PAST_DAYS


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(0.2, seed=1)


def test_a_series_is_one_clients_with_one_barber_and_has_visits(drawn: Drawn) -> None:
    series, visits = drawn.series, drawn.visits
    in_series = np.flatnonzero(series.of_visit >= 0)
    of = series.of_visit[in_series]

    assert np.array_equal(series.client[of], visits.client[in_series])
    assert np.array_equal(series.barber[of], visits.barber[in_series])
    assert np.bincount(of, minlength=len(series.client)).min() >= 3


def test_a_series_begins_with_its_first_visit_and_ends_today_or_later(drawn: Drawn) -> None:
    series, visits = drawn.series, drawn.visits
    in_series = series.of_visit >= 0
    day_of_visit = ANCHOR_DAY - PAST_DAYS + visits.day[in_series]

    assert np.all(series.starts_on[series.of_visit[in_series]] <= day_of_visit)
    assert np.all(series.ends_on >= ANCHOR_DAY)
    assert np.all(series.ends_on >= series.starts_on)


def test_some_clients_have_series_and_most_visits_belong_to_none(drawn: Drawn) -> None:
    share = np.mean(drawn.series.of_visit >= 0)

    assert 0.05 < share < 0.4


def test_every_table_of_records_has_rows_even_at_the_smallest_scale() -> None:
    names = {table.name: table.row_count for table in records(draw(0.001, 1))}

    assert set(names) == {
        *("recurring_series", "mfa_devices", "sessions", "api_keys", "audit_log", "idempotency_keys"),
        "webhooks",
    }
    assert min(names.values()) > 0


def test_the_same_scale_and_seed_give_the_same_bytes() -> None:
    def written() -> list[bytes]:
        return [chunk for table in records(draw(0.01, 1)) for chunk in encode(list(table.columns.values()))]

    assert written() == written()
