"""The page from results: the sections in order, and no section can take the others with it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment
from markupsafe import Markup

from reports.data_files import DataFile
from reports.html.environment import make_environment
from reports.html.layout import SINGLE_FILE, Layout, script, script_hash, style_sheet
from reports.html.section import Section
from reports.html.sections import SECTIONS
from reports.html.theme import NO_THEME, Theme
from reports.results import Results

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One section as it stands in the page."""

    section: Section
    markup: Markup


def render_bodies(
    results: Results, sections: Sequence[Section] = SECTIONS, *, files: Sequence[DataFile] = ()
) -> tuple[Body, ...]:
    """Make the sections; those that do not apply to such a run are left out.

    A section that cannot be made is replaced by a sentence, and its traceback goes to the log.
    """
    environment = make_environment()
    environment.globals["files"] = tuple(files)
    return tuple(
        Body(section=section, markup=_section_body(environment, section, results))
        for section in sections
        if section.applies(results)
    )


def render_page(
    results: Results,
    sections: Sequence[Section] = SECTIONS,
    *,
    layout: Layout = SINGLE_FILE,
    theme: Theme = NO_THEME,
    files: Sequence[DataFile] = (),
) -> str:
    """Give the whole page. Equal results give equal bytes: no clock and no randomness takes part.

    Args:
        results: what is shown.
        sections: those that are wanted.
        layout: a single file, or a page for a folder.
        theme: name, logo and colours.
        files: what lies beside the page, told with its checksums.
    """
    return lay_out(results, render_bodies(results, sections, files=files), layout=layout, theme=theme)


def lay_out(results: Results, bodies: Sequence[Body], *, layout: Layout, theme: Theme = NO_THEME) -> str:
    """Give the whole page of sections that are made: drawing them takes longer than anything else."""
    return (
        make_environment()
        .get_template("page.html")
        .render(
            results=results,
            sections=[(body.section, body.markup) for body in bodies],
            layout=layout,
            theme=theme,
            logo_source=_logo_source(layout, theme),
            style=Markup(style_sheet() + theme.style),  # noqa: S704  - our own file, and colours of six hex digits
            script=script(),
            script_hash=script_hash(),
        )
    )


def _logo_source(layout: Layout, theme: Theme) -> str:
    if not theme.logo:
        return ""
    return theme.logo_data if layout.is_single_file else theme.logo_file


def _section_body(environment: Environment, section: Section, results: Results) -> Markup:
    try:
        template = environment.get_template(f"sections/{section.template}")
        body = template.render(results=results, section=section, **section.content(results))
    except Exception as error:  # noqa: BLE001  - whatever one section hits, the reader still gets the others
        _log.warning("section %r of the report could not be made", section.id, exc_info=error)
        body = environment.get_template("section_failed.html").render(error=type(error).__name__)
    return Markup(body)  # noqa: S704  - rendered with autoescape
