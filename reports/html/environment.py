"""How templates turn values into text: every filter and function that they know."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports import number_text
from reports.metrics import direction_word, is_on_worse_side, measured_title
from reports.outcomes import OUTCOME_WORDS
from reports.results import ALL_ENDPOINTS
from reports.visible_text import short_name, visible, visible_lines


def make_environment() -> Environment:
    """Make the environment of all pages: everything is escaped, and a name that is missing is an error."""
    environment = Environment(
        loader=PackageLoader("reports.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "value": number_text.value_text,
        "interval": number_text.interval_text,
        "change": number_text.change_text,
        "change_interval": number_text.change_interval_text,
        "count": number_text.count_text,
        "number": number_text.number_text,
        "duration": number_text.duration_text,
        "moment": number_text.moment_text,
        "percentage": number_text.percentage_text,
        "target": number_text.target_text,
        "name": short_name,
        "visible": visible,
        "name_lines": visible_lines,
        "endpoint": endpoint_name,
        "reason": short_reason,
    }
    environment.globals |= {
        "pair": number_text.pair_text,
        "counted": number_text.counted,
        "sample_counts": number_text.sample_counts_text,
        "direction_word": direction_word,
        "measured_title": measured_title,
        "is_on_worse_side": is_on_worse_side,
        "files": (),
        "outcome_words": OUTCOME_WORDS,
    }
    return environment


def endpoint_name(endpoint: str) -> str:
    """Name an endpoint harmlessly; the whole mix is `all requests`."""
    return "all requests" if endpoint == ALL_ENDPOINTS else short_name(endpoint)


def short_reason(reason: str, limit: int = 90) -> str:
    """Give a reason without the words `not resolvable`, which stand beside it anyway."""
    return short_name(reason.removeprefix(f"{number_text.NOT_RESOLVABLE}:").strip(), limit)
