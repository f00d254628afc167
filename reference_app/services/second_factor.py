"""The second factor: enrolling an authenticator app, and its codes.

Nothing is stored at enrolment: the secret follows from the server's own secret, the account and the number
of its devices, so it stays the same until a first right code confirms that the app has it. Only then is there
a device.
"""

import hashlib
import hmac
import time
from base64 import b32decode
from collections.abc import Callable
from dataclasses import dataclass

from reference_app.caching import scopes
from reference_app.domain.errors import ConflictError, UnauthenticatedError
from reference_app.domain.people import User
from reference_app.domain.totp import accepted_step, provisioning_uri, spelled
from reference_app.services.accounts import AccountService, Session
from reference_app.services.ports import BookingLock
from reference_app.services.transactions import Transactions
from reference_app.storage.connections import Connection
from reference_app.storage.mfa_devices import Device, add_device, lock_devices, note_use

ISSUER = "Booking backend"
MAX_DEVICES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an authenticator app needs."""

    secret: str
    uri: str


class SecondFactorService:
    """Enrols devices and checks codes."""

    def __init__(
        self,
        transactions: Transactions,
        accounts: AccountService,
        token_secret: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transactions = transactions
        self._accounts = accounts
        self._token_secret = token_secret
        self._clock = clock

    async def enrol(self, user: User) -> Enrolment:
        """Offer the secret of the account's next device.

        Raises:
            ConflictError: the account has as many devices as it may have.
        """

        async def work(connection: Connection, _: BookingLock) -> int:
            return len(await lock_devices(connection, user.id))

        device_count = await self._transactions.run(work)
        if device_count >= MAX_DEVICES:
            raise ConflictError("too_many_devices", f"An account may have {MAX_DEVICES} devices.")
        secret = self._next_secret(user, device_count)
        return Enrolment(secret=spelled(secret), uri=provisioning_uri(secret, user.email, ISSUER))

    async def verify(self, user: User, code: str, label: str, user_agent: str) -> Session:
        """Exchange a code for a token that tells that the second factor was used.

        Raises:
            UnauthenticatedError: the code is wrong, too old, or was used before.
        """

        async def work(connection: Connection, _: BookingLock) -> bool:
            devices = await lock_devices(connection, user.id)
            for device in devices:
                step = self._accepted(device.secret, code, device.last_used_step)
                if step is not None:
                    await note_use(connection, device.id, step)
                    return True
            return len(devices) < MAX_DEVICES and await self._confirm(connection, user, devices, code, label)

        if not await self._transactions.run(work):
            raise UnauthenticatedError("invalid_code", "This code is not valid; wait for the next one.")
        return await self._accounts.open_session(user, user_agent, is_second_factor_verified=True)

    async def _confirm(
        self, connection: Connection, user: User, devices: list[Device], code: str, label: str
    ) -> bool:
        """Add the device whose first code this is."""
        secret = self._next_secret(user, len(devices))
        step = accepted_step(secret, code, self._clock(), 0)
        if step is None:
            return False
        await add_device(connection, user.id, label, spelled(secret), step)
        connection.note_change((scopes.account(user.id),))
        return True

    def _accepted(self, secret: str, code: str, last_used_step: int) -> int | None:
        return accepted_step(b32decode(secret), code, self._clock(), last_used_step)

    def _next_secret(self, user: User, device_count: int) -> bytes:
        number = f"second factor {user.id} {device_count + 1}".encode()
        return hmac.digest(self._token_secret.encode(), number, hashlib.sha256)[:20]
