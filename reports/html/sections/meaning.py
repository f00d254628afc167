"""What the numbers mean in plain words, and in capacity."""

from collections.abc import Iterator, Mapping

from reports.ablation import ablated_rows
from reports.html.section import Section
from reports.number_text import change_text, counted, interval_text, number_text, value_text
from reports.results import ALL_ENDPOINTS, Comparison, Estimate, Results, VariantCapacity
from reports.visible_text import short_name

_SHARES = {"p50": "Half of all requests", "p95": "95 of 100 requests", "p99": "99 of 100 requests"}


def _content(results: Results) -> Mapping[str, object]:
    return {
        "sentences": tuple(_sentences(results)),
        "per_core": [
            (variant, variant.requests_per_core)
            for variant in results.sides or ()
            if variant.requests_per_core
        ],
        "capacity": results.known_capacity,
        "capacity_lines": tuple(_capacity_lines(results)),
        "source": results.capacity_run if results.capacity is None else None,
    }


def _sentences(results: Results) -> Iterator[str]:
    before, after = _side_words(results)
    for stat, who in _SHARES.items():
        found = results.comparison(ALL_ENDPOINTS, "response_time", stat)
        if found and found.before and found.after:
            yield (
                f"{who} were answered within {value_text(found.before)} {before}, "
                f"and within {value_text(found.after)} {after}."
            )
    yield from _errors(results.comparison(ALL_ENDPOINTS, "error_share", "share"), before, after)
    database = results.comparison(ALL_ENDPOINTS, "query_count", "mean")
    if database and database.before and database.after:
        yield (
            f"An average request asks the database {number_text(database.before.value)} times {before} "
            f"and {number_text(database.after.value)} times {after}."
        )
    memory = results.comparison(ALL_ENDPOINTS, "memory_uss", "last")
    if memory and memory.before and memory.after and memory.change:
        yield (
            f"The servers' memory goes from {value_text(memory.before)} to {value_text(memory.after)} "
            f"({change_text(memory.change)})."
        )
    yield from _ablation(results)


def _side_words(results: Results) -> tuple[str, str]:
    """Give the words for both sides: a variant that is called otherwise is named."""
    if results.sides is None or not results.sides_text:
        return "before", "after"
    first, last = (short_name(side.id, 40) for side in results.sides)
    return f"by {first}", f"by {last}"


def _errors(found: Comparison | None, before: str, after: str) -> Iterator[str]:
    if found and found.before and found.after:
        yield (
            f"Of 1,000 requests {_of_thousand(found.before)} failed {before} "
            f"and {_of_thousand(found.after)} {after}."
        )


def _of_thousand(share: Estimate) -> str:
    """Write a share in percent as a count of 1,000 with the most that it may be."""
    most = number_text(10 * share.high)
    return "none" if share.high == 0 else f"{number_text(10 * share.value)} (at most {most})"


def _ablation(results: Results) -> Iterator[str]:
    rows = ablated_rows(results)
    shown = [row for row in rows if row.matters in {"helps", "hurts"}]
    if rows:
        names = ", ".join(f"{short_name(row.name, 40)} ({row.matters})" for row in shown)
        count = counted(len(rows), "optimization")
        yield f"{len(shown)} of {count} matter alone{': ' if names else ''}{names}."


def _capacity_lines(results: Results) -> Iterator[str]:
    for one in results.known_capacity.variants if results.known_capacity else ():
        level = _capacity_level(one)
        per_core = one.requests_per_core
        yield f"{short_name(one.id, 40)} holds {level}" + (
            f", {value_text(per_core)} {interval_text(per_core)} good answers a core." if per_core else "."
        )


def _capacity_level(one: VariantCapacity) -> str:
    if one.capacity:
        return f"{value_text(one.capacity)} {interval_text(one.capacity)}"
    if one.at_least is not None:
        return f"at least {number_text(one.at_least)} /s"
    return "a rate that was not found"


MEANING = Section(
    id="meaning", title="What it means", part="manager", template="meaning.html", content=_content
)
