"""What the application's bounded caches hold: memory that grows until they are full is no leak."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CacheSize:
    """What one cache holds now, and the most that it ever will."""

    name: str
    held_bytes: int
    most_bytes: int


class BoundedCaches:
    """The bounded caches of one application; each tells by itself how much it holds."""

    def __init__(self) -> None:
        self._declared: dict[str, tuple[Callable[[], int], int]] = {}

    def declare(self, name: str, held_bytes: Callable[[], int], most_bytes: int) -> None:
        """Add a cache by what answers its bytes now, at once and without a walk over its entries."""
        self._declared[name] = (held_bytes, most_bytes)

    def sizes(self) -> tuple[CacheSize, ...]:
        """Ask all."""
        return tuple(CacheSize(name, held(), most) for name, (held, most) in self._declared.items())

    def held_bytes(self) -> int:
        """Add all up."""
        return sum(one.held_bytes for one in self.sizes())
