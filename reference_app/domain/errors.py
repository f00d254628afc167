"""What can go wrong with a request, each with a stable code for programs and a sentence for people."""


class RequestError(Exception):
    """A request that cannot be fulfilled; the web layer gives each subclass its HTTP status."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class MalformedError(RequestError):
    """The body is not what it claims to be, for example no JSON."""


class UnauthenticatedError(RequestError):
    """Nobody, or nobody known, is asking."""


class ForbiddenError(RequestError):
    """The caller is known and may not do this."""


class NotFoundError(RequestError):
    """What the request names does not exist."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind}_not_found", f"There is no such {kind.replace('_', ' ')}.")


class ConflictError(RequestError):
    """The request contradicts the present state."""


class DeclinedError(RequestError):
    """The payment was refused by whoever should have paid."""


class UnavailableError(RequestError):
    """A server, without which this cannot be done, does not answer, fails or has too much to do."""

    def __init__(self, code: str, message: str, retry_after_s: int = 1) -> None:
        super().__init__(code, message)
        self.retry_after_s = retry_after_s


class NotAskedError(UnavailableError):
    """Another company's server was not even asked, because it has been failing: nothing was done."""


class OverloadedError(RequestError):
    """We are asked more than we can do."""

    def __init__(self, code: str, message: str, retry_after_s: int) -> None:
        super().__init__(code, message)
        self.retry_after_s = retry_after_s


class InvalidError(RequestError):
    """The request is well-formed and its values make no sense."""


class TooManyRequestsError(RequestError):
    """The caller is asked to wait before the next request."""

    def __init__(self, code: str, message: str, retry_after_s: int = 60) -> None:
        super().__init__(code, message)
        self.retry_after_s = retry_after_s
