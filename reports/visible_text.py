"""Names from outside made harmless to look at: nothing invisible, turned round or endless."""

import unicodedata

MAX_NAME_LENGTH = 120
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_ELLIPSIS = "…"


def visible(text: str) -> str:
    r"""Write control, format and direction characters as `\u202e`, so that they are seen and do nothing."""
    return "".join(_escaped(character) if _is_hidden(character) else character for character in text)


def short_name(text: str, limit: int = MAX_NAME_LENGTH) -> str:
    """Give the visible text, cut in its middle if it is longer than `limit` characters."""
    shown = visible(text)
    if len(shown) <= limit:
        return shown
    head = (limit - 1) * 2 // 3
    tail = limit - 1 - head
    return shown[:head] + _ELLIPSIS + shown[len(shown) - tail :]


def visible_lines(text: str, limit: int = 4_000) -> str:
    """Give the visible text of each line, cut after `limit` characters."""
    shown = "\n".join(visible(line) for line in text.splitlines())
    return shown if len(shown) <= limit else shown[: limit - 1] + _ELLIPSIS


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN_CATEGORIES


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
