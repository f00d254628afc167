"""Chart: a drawing with its words and its data, or the sentence that stands in its place."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTable:
    """The data behind a chart, already as text; the first column heads its row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a figure shows."""

    id: str
    caption: str
    """What is to be seen, in one or two sentences."""
    svg: Markup
    table: DataTable


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEnoughData:
    """Stands where a chart would be empty."""

    subject: str
    found: int
    needed: int
    noun: str
    reason: str = ""
    """Takes the place of the numbers where the results tell what is missing."""

    @property
    def sentence(self) -> str:
        """Say what is missing."""
        if self.reason:
            return f"{self.subject}: not enough data: {self.reason}."
        return f"{self.subject}: not enough data: n = {self.found} {self.noun}, need {self.needed}."
