"""Response times over the run: was it stable?"""

from collections.abc import Mapping

from reports.html.charts.over_time import draw_over_time
from reports.html.section import Section, compares_requests
from reports.results import Results


def _content(results: Results) -> Mapping[str, object]:
    return {"chart": draw_over_time(results, chart_id="over-time-chart")}


OVER_TIME = Section(
    id="over-time",
    title="Over time",
    part="engineer",
    template="over_time.html",
    content=_content,
    applies=compares_requests,
)
