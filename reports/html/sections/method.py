"""How it was measured, on what, how to do it again, and what the words mean."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reports.html.section import Section
from reports.metrics import FAULT_METRICS, METRIC_WORDS
from reports.outcomes import OUTCOME_WORDS
from reports.results import Results
from reports.visible_text import short_name

_MAX_ENVIRONMENT_ROWS = 200
_MAX_VALUE_LENGTH = 300

_TERMS = (
    ("Variant", "One build of the backend under test. Before is compared with after."),
    (
        "Round",
        "One fresh start of all variants, with load on each in turn. The unit that intervals are made of.",
    ),
    (
        "Slice",
        "A short stretch of load on one variant. The variants take turns and replay the same requests.",
    ),
    ("Median, p50", "Half of the requests took at most this long."),
    ("p95", "95 of 100 requests took at most this long."),
    ("Interval", "The range in which the true value plausibly lies, given how much the rounds differed."),
    (
        "Not resolvable",
        "Too few requests, or no such data, to say it honestly. It is never counted as a success.",
    ),
)


def _content(results: Results) -> Mapping[str, object]:
    rows = list(_flat("", results.environment))
    return {
        "environment": rows[:_MAX_ENVIRONMENT_ROWS],
        "more_count": max(0, len(rows) - _MAX_ENVIRONMENT_ROWS),
        "terms": _TERMS,
        "metrics": [words for words in METRIC_WORDS if results.faults or words.id not in FAULT_METRICS],
        "outcomes": OUTCOME_WORDS,
    }


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """Give nested objects as `postgres.settings.shared_buffers`, in alphabetical order."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), value[key])
    elif prefix:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield short_name(prefix), short_name(text, _MAX_VALUE_LENGTH)


METHOD = Section(
    id="method",
    title="Method, environment and glossary",
    part="engineer",
    template="method.html",
    content=_content,
)
