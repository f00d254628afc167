"""report.html from results: the sections in order, and no section can take the others with it."""

import logging
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports import number_text
from reports.html.section import Section
from reports.html.sections import SECTIONS
from reports.metrics import direction_word, is_on_worse_side, measured_title
from reports.outcomes import OUTCOME_WORDS
from reports.results import ALL_ENDPOINTS, Results
from reports.visible_text import short_name, visible

_log = logging.getLogger(__name__)
_STYLE = Path(__file__).with_name("templates") / "report.css"


def render_page(results: Results, sections: tuple[Section, ...] = SECTIONS) -> str:
    """Give the whole page. Equal results give equal bytes: no clock and no randomness takes part.

    A section that cannot be made is replaced by a sentence, and its traceback goes to the log.
    """
    environment = _environment()
    bodies = [
        (section, _section_body(environment, section, results))
        for section in sections
        if section.applies(results)
    ]
    return environment.get_template("page.html").render(
        results=results,
        sections=bodies,
        style=Markup(_STYLE.read_text(encoding="utf-8")),  # noqa: S704  - our own file
    )


def _section_body(environment: Environment, section: Section, results: Results) -> Markup:
    try:
        template = environment.get_template(f"sections/{section.template}")
        body = template.render(results=results, section=section, **section.content(results))
    except Exception as error:  # noqa: BLE001  - whatever one section hits, the reader still gets the others
        _log.warning("section %r of the report could not be made", section.id, exc_info=error)
        body = environment.get_template("section_failed.html").render(error=type(error).__name__)
    return Markup(body)  # noqa: S704  - rendered with autoescape


def _environment() -> Environment:
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
        "outcome_words": OUTCOME_WORDS,
    }
    return environment


def endpoint_name(endpoint: str) -> str:
    """Name an endpoint harmlessly; the whole mix is `all requests`."""
    return "all requests" if endpoint == ALL_ENDPOINTS else short_name(endpoint)


def short_reason(reason: str, limit: int = 90) -> str:
    """Give a reason without the words `not resolvable`, which stand beside it anyway."""
    return short_name(reason.removeprefix(f"{number_text.NOT_RESOLVABLE}:").strip(), limit)
