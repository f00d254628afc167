"""Table: what one benchmark measured, and whether its claim holds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one benchmark measured."""

    title: str
    claim: str
    """What the figures must show, with the limit."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    holds: bool | None
    """None: there is no limit, the figures are shown for themselves."""
    note: str = ""
    """How it was measured, where that is not plain from the rows."""

    @property
    def verdict(self) -> str:
        """The claim's verdict in a word."""
        return {True: "holds", False: "DOES NOT HOLD", None: "no limit"}[self.holds]
