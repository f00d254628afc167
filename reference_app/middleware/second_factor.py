"""Who has a second factor must have used it, everywhere but where anybody may go and where it is given."""

from reference_app.domain.errors import ForbiddenError

_OPEN_TO_ALL = ("/auth/", "/availability/", "/health")
_DIRECTORY = "/locations"


def needs_second_factor(endpoint: str) -> bool:
    """Tell whether an endpoint shows or changes what is not public."""
    return endpoint != _DIRECTORY and not endpoint.startswith(_OPEN_TO_ALL)


def require_second_factor(endpoint: str, *, has_device: bool, is_verified: bool) -> None:
    """Raise `ForbiddenError` for an account with a device whose log-in did not use it."""
    if has_device and not is_verified and needs_second_factor(endpoint):
        raise ForbiddenError("mfa_required", "This account has a second factor; verify it first.")
