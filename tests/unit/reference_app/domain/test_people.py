from dataclasses import replace

import pytest

from reference_app.domain.errors import ForbiddenError
from reference_app.domain.passwords import hash_password, verify_password
from reference_app.domain.people import User, require_client, require_location, require_owner

CLIENT = User(
    id=1,
    email="c@example.test",
    full_name="C",
    role="client",
    password_hash="",
    client_id=7,
    location_id=None,
    has_mfa_device=False,
)
STAFF = replace(CLIENT, role="staff", client_id=None, location_id=3)
OWNER = replace(CLIENT, role="owner", client_id=None)


def test_only_the_owner_passes_as_owner() -> None:
    require_owner(OWNER)
    for user in (CLIENT, STAFF):
        with pytest.raises(ForbiddenError):
            require_owner(user)


def test_staff_see_their_own_location_and_clients_none() -> None:
    require_location(OWNER, 4)
    require_location(STAFF, 3)
    for user, location_id in ((STAFF, 4), (CLIENT, 3)):
        with pytest.raises(ForbiddenError):
            require_location(user, location_id)


def test_clients_see_themselves_and_staff_the_clients_of_their_location() -> None:
    require_client(CLIENT, 7, home_location_id=9)
    require_client(STAFF, 7, home_location_id=3)
    for user, client_id, location_id in ((CLIENT, 8, 3), (STAFF, 7, 4)):
        with pytest.raises(ForbiddenError):
            require_client(user, client_id, location_id)


def test_a_password_is_verified_by_its_own_hash_alone() -> None:
    stored = hash_password("secret", b"0123456789abcdef")

    assert verify_password("secret", stored)
    assert not verify_password("Secret", stored)
    assert hash_password("secret", b"fedcba9876543210") != stored
