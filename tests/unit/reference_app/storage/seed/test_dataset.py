import hashlib

import numpy as np
import pytest

from reference_app.storage.seed.copy_format import encode
from reference_app.storage.seed.dataset import Drawn, draw, tables
from reference_app.storage.seed.places import DAY_COUNT, SERVICE_KINDS, weekdays
from reference_app.storage.seed.sizes import PAST_DAYS, sizes
from reference_app.storage.seed.visits import CANCELLED, COMPLETED, CONFIRMED, NO_SHOW, PENDING, make_visits

SCALE = 0.2


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(SCALE, seed=1)


def digest(scale: float, seed: int) -> str:
    summed = hashlib.sha256()
    for table in tables(draw(scale, seed)):
        for chunk in encode(list(table.columns.values())):
            summed.update(chunk)
    return summed.hexdigest()


def test_the_same_scale_and_seed_give_the_same_bytes_and_others_do_not() -> None:
    first = digest(0.01, 1)

    assert digest(0.01, 1) == first
    assert digest(0.01, 2) != first
    assert digest(0.02, 1) != first


@pytest.mark.parametrize("scale", [0.001, 0.01, 0.013, 1.0, 2.5])
def test_a_scale_gives_its_number_of_appointments(scale: float) -> None:
    assert len(draw(scale, 1).visits.barber) == round(100_000 * scale)


def test_every_location_has_barbers_and_clients_even_at_the_smallest_scale() -> None:
    drawn = draw(0.001, 1)
    locations = set(range(drawn.size.locations))

    assert len(locations) >= 2
    assert set(drawn.places.barber_location.tolist()) == locations
    assert set(drawn.client_location.tolist()) == locations


def test_scale_one_is_a_business_of_ten_shops() -> None:
    size = sizes(1.0)

    assert (size.locations, size.barbers, size.clients, size.appointments) == (10, 100, 20_000, 100_000)


@pytest.mark.parametrize("scale", [0.001, SCALE])
def test_no_barber_is_blocked_twice_at_once(scale: float) -> None:
    visits = draw(scale, 1).visits
    blocked = np.array([kind.duration_minutes + kind.buffer_minutes for kind in SERVICE_KINDS])[visits.kind]
    order = np.lexsort((visits.starts_at, visits.barber))
    barber, start = visits.barber[order], visits.starts_at[order]
    end = start + blocked[order].astype("timedelta64[m]")
    same = barber[1:] == barber[:-1]

    assert np.all(start[1:][same] >= end[:-1][same])


def test_barbers_work_only_on_their_days(drawn: Drawn) -> None:
    assert np.all(drawn.places.works[drawn.visits.barber, drawn.visits.day])


def test_clients_go_to_their_own_shop(drawn: Drawn) -> None:
    visits = drawn.visits

    assert np.array_equal(drawn.client_location[visits.client], drawn.places.barber_location[visits.barber])


def test_popular_barbers_saturdays_and_evenings_have_more(drawn: Drawn) -> None:
    visits = drawn.visits
    past = visits.day < PAST_DAYS
    by_barber = np.sort(np.bincount(visits.barber[past]))
    by_weekday = np.bincount(weekdays()[visits.day[past]], minlength=7)
    offset = drawn.places.offset_minutes[drawn.places.barber_location[visits.barber], visits.day]
    local = visits.starts_at.astype("datetime64[m]") + offset.astype("timedelta64[m]")
    minute = (local - local.astype("datetime64[D]")).astype(int) - drawn.places.shift_start_minute[
        visits.barber
    ]

    assert by_barber[-1] > 3 * by_barber[0]
    assert by_weekday.argmax() == 5
    # Popular barbers are booked out on both days: Saturdays cannot be as far ahead as people would like.
    assert by_weekday[5] > 1.1 * by_weekday[4] > 1.1 * by_weekday[0]
    assert np.mean(minute > 270) > 0.55


def test_statuses_follow_age(drawn: Drawn) -> None:
    visits = drawn.visits
    past, ahead = visits.status[visits.day < PAST_DAYS], visits.status[visits.day >= PAST_DAYS]

    assert set(past.tolist()) == {COMPLETED, CANCELLED, NO_SHOW}
    assert set(ahead.tolist()) == {PENDING, CONFIRMED, CANCELLED}
    assert 0.8 < np.mean(past == COMPLETED) < 0.9


def test_bookings_thin_out_ahead_and_were_all_made_before_today(drawn: Drawn) -> None:
    visits = drawn.visits
    per_day = np.bincount(visits.day, minlength=DAY_COUNT)

    assert per_day[PAST_DAYS : PAST_DAYS + 7].sum() > 3 * per_day[PAST_DAYS + 14 : PAST_DAYS + 21].sum() > 0
    assert np.all(visits.created_at < visits.starts_at)
    assert visits.created_at.max() < np.datetime64("2026-03-16")
    assert np.all(np.diff(visits.created_at) >= np.timedelta64(0))


def test_more_than_the_shifts_can_hold_is_refused() -> None:
    drawn = draw(0.01, 1)
    with pytest.raises(ValueError, match="do not fit"):
        make_visits(1_000_000, drawn.client_location, drawn.places, np.random.default_rng(1))
