import pytest

from harness.generator.server_timing import NOTHING, ServerTiming, parse_server_timing


def test_all_parts_of_a_full_header_are_read():
    header = 'app;dur=12.3, mw;dur=1.2, db;dur=7.9;desc="n=3"'
    assert parse_server_timing(header) == ServerTiming(7.9, 1.2, 12.3, 3)


def test_calls_to_other_services_are_read_with_their_names():
    header = 'app;dur=12.3, mw;dur=1.2, db;dur=7.9;desc="n=3", ext;dur=4.5;desc="n=2 payments sms"'
    found = parse_server_timing(header)

    assert (found.external_ms, found.external_count, found.external_services) == (4.5, 2, "payments sms")
    assert (found.app_ms, found.db_ms, found.query_count) == (12.3, 7.9, 3)


def test_no_call_to_another_service_is_known_where_the_server_says_so():
    told = parse_server_timing('app;dur=2.3, mw;dur=1.2, db;dur=7.9;desc="n=3", ext;dur=0.000;desc="n=0"')
    silent = parse_server_timing('app;dur=2.3, mw;dur=1.2, db;dur=7.9;desc="n=3"')

    assert (told.external_ms, told.external_count) == (0.0, 0)
    assert (silent.external_ms, silent.external_count) == (None, None)


@pytest.mark.parametrize("names", ["<script>", "a" * 41, "a" * 4_000, "a b c d e f g h i"])
def test_names_that_are_none_are_not_taken_and_the_count_is(names):
    found = parse_server_timing(f'ext;dur=1;desc="n=1 {names}"')

    assert (found.external_count, found.external_services) == (1, "")


@pytest.mark.parametrize(
    "header", [None, "", ",,,", ";dur=1", "garbage", '"', "db;dur", "db;dur=", 'db;desc="n="']
)
def test_a_header_without_usable_parts_says_nothing(header):
    assert parse_server_timing(header) == NOTHING


@pytest.mark.parametrize("duration", ["-1", "nan", "inf", "1e3", "1_0", "0x10", "five"])
def test_a_duration_that_is_no_plain_number_counts_as_not_sent(duration):
    assert parse_server_timing(f"db;dur={duration}").db_ms is None


def test_order_spaces_quotes_and_unknown_names_do_not_matter():
    header = 'cache;desc=hit , total;dur=9, db ; desc="n=12 rows=3" ; dur="4.5" ,mw;DUR=0'
    assert parse_server_timing(header) == ServerTiming(4.5, 0.0, None, 12)


def test_a_quoted_description_may_hold_commas_semicolons_and_other_metrics():
    header = r'cache;desc="hit, db;dur=99; \" still", db;dur=1.5'
    assert parse_server_timing(header) == ServerTiming(db_ms=1.5)


def test_the_first_of_two_equal_names_counts():
    assert parse_server_timing("db;dur=1, db;dur=2").db_ms == 1.0


def test_names_that_only_resemble_ours_are_not_ours():
    assert parse_server_timing("mydb;dur=1, db2;dur=2, xmw;dur=3") == NOTHING
