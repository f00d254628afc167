"""Which servers are new enough."""

import pytest

from harness.errors import UsageError
from harness.target.postgres import Postgres, require_version


def test_a_server_older_than_15_is_refused_with_its_version():
    with pytest.raises(UsageError) as caught:
        require_version("14.9", 140009, place="postgresql://h/d")
    assert caught.value.message == "PostgreSQL 14.9 at postgresql://h/d is too old: 15 or newer."
    assert caught.value.hint


def test_15_is_new_enough():
    require_version("15.0", 150000, place="postgresql://h/d")


def test_a_server_gives_urls_of_its_databases_and_hides_its_password():
    server = Postgres(
        admin_url="postgresql://u:p@h:5/postgres",
        version="18.6",
        settings={},
        is_embedded=False,
    )

    assert server.url("x") == "postgresql://u:p@h:5/x"
    assert server.masked_url == "postgresql://u:***@h:5/postgres"
    assert "u:p@" not in repr(server)
