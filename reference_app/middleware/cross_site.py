"""Cross-site request forgery: a page of another site must not act with a browser's cookie."""

from urllib.parse import urlsplit

from aiohttp import web

from reference_app.domain.errors import ForbiddenError
from reference_app.middleware.audit import changes_something
from reference_app.middleware.session_tokens import is_cookie_client


def require_same_site(request: web.Request) -> None:
    """Raise `ForbiddenError` when a cookie client's change does not come from our own pages.

    Browsers tell the origin of a request in headers that no page can set. A change with a cookie and without
    such a header comes from no browser that we could protect, and is refused as well.
    """
    if changes_something(request) and is_cookie_client(request) and not _is_same_site(request):
        raise ForbiddenError("cross_site", "This change was not asked for by a page of this site.")


def _is_same_site(request: web.Request) -> bool:
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.host
    except ValueError:
        return False
