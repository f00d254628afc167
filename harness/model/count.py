"""Count: how many there are of something that exists or happened, as somebody told who can see it."""

from dataclasses import dataclass

MOST_NAMES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number of things, or the reason why it is not known."""

    count: int | None
    reason: str = ""
    """Why it is not known; empty where it is."""
    names: tuple[str, ...] = ()
    """The things themselves where they have names, at most MOST_NAMES."""
