"""ConsolidatedAuthService: log-in, tokens and second factor, in place of nine services around an account."""

from dataclasses import dataclass

from reference_app.domain.people import User
from reference_app.services.accounts import AccountService, Session
from reference_app.services.second_factor import Enrolment, SecondFactorService


@dataclass(frozen=True, slots=True)
class ConsolidatedAuthService:
    """Everything that proves who somebody is."""

    accounts: AccountService
    second_factor: SecondFactorService

    async def log_in(self, email: str, password: str, user_agent: str) -> Session:
        """Exchange a password for a session token; raise `UnauthenticatedError`."""
        return await self.accounts.log_in(email, password, user_agent)

    async def open_session(
        self, user: User, user_agent: str, *, is_second_factor_verified: bool = False
    ) -> Session:
        """Issue a token for an account whose identity is proven, and record it."""
        return await self.accounts.open_session(
            user, user_agent, is_second_factor_verified=is_second_factor_verified
        )

    async def authenticate(self, token: str) -> User:
        """Find the user that a token stands for; raise `UnauthenticatedError`."""
        return await self.accounts.authenticate(token)

    def is_second_factor_verified(self, token: str) -> bool:
        """Tell whether the second factor was used for this token."""
        return self.accounts.is_second_factor_verified(token)

    async def enrol(self, user: User) -> Enrolment:
        """Offer the secret of the account's next device; raise `ConflictError`."""
        return await self.second_factor.enrol(user)

    async def verify(self, user: User, code: str, label: str, user_agent: str) -> Session:
        """Exchange a code for a token that tells that the second factor was used."""
        return await self.second_factor.verify(user, code, label, user_agent)
