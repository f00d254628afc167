"""URLs of databases: checked, changed, masked."""

import pytest

from harness.errors import UsageError
from harness.target.connection import check_url, database_of, mask, mask_in, with_database


@pytest.mark.parametrize("url", ["postgresql://u:p@h:5/d", "postgres://h", "postgresql:///d?host=/tmp"])
def test_postgresql_urls_are_taken(url: str):
    check_url(url)


@pytest.mark.parametrize(
    "url", ["", "d", "mysql://h/d", "postgresql://h:0/d", "postgresql://h:x/d", "http://[x"]
)
def test_other_urls_are_refused_without_being_repeated(url: str):
    with pytest.raises(UsageError) as caught:
        check_url(url)
    assert caught.value.message == "The database URL is not a PostgreSQL URL."


def test_another_database_keeps_everything_else():
    assert with_database("postgresql://u:p@h:5/d?ssl=on", "a b/c") == "postgresql://u:p@h:5/a%20b%2Fc?ssl=on"
    assert with_database("postgresql://h", "d") == "postgresql://h/d"


def test_database_is_empty_where_none_is_named():
    assert [database_of(url) for url in ("postgresql://h/d?x=1", "postgresql://h/", "postgresql://h")] == [
        "d",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("postgresql://u:p@h:5/d", "postgresql://u:***@h:5/d"),
        ("postgresql://u:p@x@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql://h/d?user=u&password=p", "postgresql://h/d?user=u&password=***"),
    ],
)
def test_passwords_are_masked(url: str, masked: str):
    assert mask(url) == masked


def test_a_password_is_hidden_in_text_as_written_and_as_meant():
    url = "postgresql://u:p%40ss@h/d"

    assert mask_in(f"tried {url} with p@ss", url) == "tried postgresql://u:***@h/d with ***"
    assert mask_in("nothing to hide", "") == "nothing to hide"
