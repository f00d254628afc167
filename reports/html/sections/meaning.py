"""What the numbers mean in plain words, and in capacity."""

from collections.abc import Iterator, Mapping

from reports.html.section import Section
from reports.number_text import change_text, interval_text, number_text, value_text
from reports.results import ALL_ENDPOINTS, Comparison, Estimate, Results
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
        "capacity": tuple(_capacity_sentences(results)),
        "cores": results.environment.get("machine", {}).get("cores"),
    }


def _sentences(results: Results) -> Iterator[str]:
    for stat, who in _SHARES.items():
        found = results.comparison(ALL_ENDPOINTS, "response_time", stat)
        if found and found.before and found.after:
            yield (
                f"{who} were answered within {value_text(found.before)} before, "
                f"and within {value_text(found.after)} after."
            )
    yield from _errors(results.comparison(ALL_ENDPOINTS, "error_share", "share"))
    database = results.comparison(ALL_ENDPOINTS, "query_count", "mean")
    if database and database.before and database.after:
        yield (
            f"An average request asks the database {number_text(database.before.value)} times before "
            f"and {number_text(database.after.value)} times after."
        )
    memory = results.comparison(ALL_ENDPOINTS, "memory_uss", "last")
    if memory and memory.before and memory.after and memory.change:
        yield (
            f"The servers' memory goes from {value_text(memory.before)} to {value_text(memory.after)} "
            f"({change_text(memory.change)})."
        )


def _errors(found: Comparison | None) -> Iterator[str]:
    if found and found.before and found.after:
        yield (
            f"Of 1,000 requests {_of_thousand(found.before)} failed before "
            f"and {_of_thousand(found.after)} after."
        )


def _of_thousand(share: Estimate) -> str:
    """Write a share in percent as a count of 1,000 with the most that it may be."""
    most = number_text(10 * share.high)
    return "none" if share.high == 0 else f"{number_text(10 * share.value)} (at most {most})"


def _capacity_sentences(results: Results) -> Iterator[str]:
    for one in results.capacity.variants if results.capacity else ():
        if one.capacity:
            yield f"{short_name(one.id)} holds {value_text(one.capacity)} {interval_text(one.capacity)}."
        elif one.at_least is not None:
            yield f"{short_name(one.id)} holds at least {number_text(one.at_least)} /s."


MEANING = Section(
    id="meaning", title="What it means", part="manager", template="meaning.html", content=_content
)
