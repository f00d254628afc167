"""junit.xml: each KPI and each validity check as a test case, under names that never change with the numbers.

GitLab reads an element's content, other tools its message: the text stands in both. A missed KPI is a
failure, one without data an error, an undecided one is skipped, and a warning passes with its text beside it.
An advisory KPI that is missed is skipped too: it must not turn a build red. In an invalid run every KPI is an
error.
"""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from reports.kpi_words import kpi_headline, kpi_lines
from reports.results import Check, Kpi, Results
from reports.visible_text import short_name
from reports.whole_file import write_whole

FILE_NAME = "junit.xml"
_KPI_FILE = "kpis.yaml"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped (section 2.2)."""


def write_junit(results: Results, run_dir: Path) -> Path:
    """Write `junit.xml` into the run folder and return its path.

    Raises:
        ReportError: the folder cannot be written.
    """
    return write_whole(run_dir / FILE_NAME, render_junit(results).encode("utf-8"))


def render_junit(results: Results) -> str:
    """Give the XML document; equal results give equal text."""
    name = f"kpibench.{results.experiment}"
    suites = [
        _suite(
            results, name, [_kpi_case(results, kpi, position) for position, kpi in enumerate(results.kpis, 1)]
        ),
        _suite(results, f"{name}.validity", [_check_case(results, check) for check in results.validity]),
    ]
    cases = [case for suite in suites for case in suite]
    root = ET.Element("testsuites", _counts(name, cases, results))
    root.extend(suites)
    ET.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(results: Results, name: str, cases: list[ET.Element]) -> ET.Element:
    suite = ET.Element("testsuite", _counts(name, cases, results))
    if results.started_at:
        suite.set("timestamp", _text(results.started_at.removesuffix("Z")))
    for case in cases:
        case.set("classname", _text(name))
    suite.extend(cases)
    return suite


def _counts(name: str, cases: list[ET.Element], results: Results) -> dict[str, str]:
    def having(kind: str) -> str:
        return str(sum(case.find(kind) is not None for case in cases))

    return {
        "name": _text(name),
        "tests": str(sum(case.tag == "testcase" for case in cases)),
        "failures": having("failure"),
        "errors": having("error"),
        "skipped": having("skipped"),
        "time": _seconds(results),
    }


def _kpi_case(results: Results, kpi: Kpi, position: int) -> ET.Element:
    case = ET.Element("testcase", name=_text(kpi.id), file=_KPI_FILE, time=_seconds(results))
    if results.outcome == "invalid":
        _tell(case, "error", "INVALID", f"INVALID: {results.reason}", kpi_lines(kpi))
        return case
    lines = (*kpi_lines(kpi), f"see report.html#kpi-{position}")
    kind, label = _kind(kpi)
    if kind:
        _tell(case, kind, label, kpi_headline(kpi), lines)
    else:
        ET.SubElement(case, "system-out").text = _text("\n".join((kpi_headline(kpi), *lines)))
    return case


def _kind(kpi: Kpi) -> tuple[str, str]:
    """Name the element that tells of a KPI, and its type; empty for one that passes."""
    match kpi.outcome:
        case "passed" | "warned":
            return "", ""
        case "failed":
            return ("failure", "KPI_MISSED") if kpi.is_blocking else ("skipped", "ADVISORY")
        case "inconclusive":
            return "skipped", "INCONCLUSIVE"
        case _:
            return ("error", "NO_DATA") if kpi.is_blocking else ("skipped", "ADVISORY")


def _check_case(results: Results, check: Check) -> ET.Element:
    case = ET.Element("testcase", name=_text(check.id), time="0")
    if not check.ok and results.outcome == "invalid":
        _tell(case, "error", "INVALID", check.detail, ())
    elif check.detail:
        ET.SubElement(case, "system-out").text = _text(short_name(check.detail, 600))
    return case


def _tell(case: ET.Element, kind: str, label: str, message: str, lines: tuple[str, ...]) -> None:
    told = short_name(message, 600)
    element = ET.SubElement(case, kind, type=label, message=_text(told))
    element.text = _text("\n".join((told, *lines)))


def _seconds(results: Results) -> str:
    return f"{results.duration_s or 0.0:.3f}"


def _text(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
