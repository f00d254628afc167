"""Headers that tell browsers what an answer of this API may never do."""

from multidict import CIMultiDict, CIMultiDictProxy

SECURITY_HEADERS = CIMultiDictProxy(
    CIMultiDict(
        {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
    )
)
