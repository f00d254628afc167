"""The results in a terminal: the verdict first, then KPIs, endpoints, and what is wrong if anything is.

Words and shapes carry everything; colour only repeats it. Looks right from 80 columns on.
"""

from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports.findings import EndpointRow, endpoint_rows, find
from reports.kpi_words import claim_text
from reports.metrics import direction_word, measured_title
from reports.number_text import (
    NOT_RESOLVABLE,
    change_interval_text,
    change_text,
    counted,
    duration_text,
    interval_text,
    moment_text,
    pair_text,
    sample_counts_text,
    target_text,
    value_text,
)
from reports.outcomes import OUTCOME_WORDS, evidence, kpi_counts_text, validity_text
from reports.pair_rows import pair_rows
from reports.results import (
    ALL_ENDPOINTS,
    Capacity,
    Comparison,
    Estimate,
    Faults,
    Kpi,
    Memory,
    Outcome,
    Results,
)
from reports.visible_text import short_name

_WIDE = 128
"""From this many columns on, an interval stands beside its value; below it, underneath."""
_MIN_WIDTH = 60
_MAX_WIDTH = 160
_MAX_ENDPOINTS = 40
_MAX_WORSE = 5
_NONE = "\N{EN DASH}"
_STYLES: dict[Outcome, str] = {
    "passed": "bold blue",
    "warned": "bold cyan",
    "failed": "bold red",
    "inconclusive": "bold yellow",
    "no_data": "bold yellow",
    "invalid": "bold magenta",
}


def print_report(results: Results, file: TextIO, *, width: int | None = None) -> None:
    """Print the run for people. Without colour when `file` is no terminal or NO_COLOR is set."""
    console = Console(file=file, width=width, highlight=False, emoji=False, markup=False)
    # A window may be any width: below the least, a broken line beats an unreadable column.
    console.width = min(max(console.width, _MIN_WIDTH), _MAX_WIDTH)
    with console.capture() as capture:
        for part in _parts(results, is_wide=console.width >= _WIDE):
            console.print(part)
    # rich fills lines with spaces; nobody wants to copy those.
    file.writelines(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _parts(results: Results, *, is_wide: bool) -> list[RenderableType]:
    parts = [_verdict(results)]
    if results.kpis:
        parts += [Text(), _kpi_table(results) if is_wide else _kpi_list(results)]
    if results.capacity:
        parts += [Text(), _capacity_table(results.capacity)]
    if results.faults:
        parts += [Text(), _fault_table(results.faults)]
    if results.memory:
        parts += [Text(), *_memory(results.memory)]
    if results.comparisons:
        parts += [Text(), _endpoint_table(results, is_wide=is_wide)]
        parts += [Text(), _worse(results), _indented(_resources(results))]
    if results.other_comparisons:
        parts += [Text(), *_pairs(results)]
    if problems := _problems(results):
        parts += [Text(), _indented(*problems)]
    return parts


def _verdict(results: Results) -> RenderableType:
    head = Text.assemble(_outcome(results.outcome), "  ", (short_name(results.title), "bold"))
    when = [moment_text(results.started_at)] if results.started_at else []
    length = [duration_text(results.duration_s)] if results.duration_s is not None else []
    run = " · ".join([short_name(results.run_id), *when, *length, f"seed {results.seed}"])
    lines = [
        Text(short_name(results.reason, 500)),
        Text(f"{kpi_counts_text(results)} · {validity_text(results)}"),
        Text(f"How sure: {' · '.join(evidence(results))}"),
        *([Text(short_name(results.sides_text, 400))] if results.sides_text else []),
        Text(run, "dim"),
    ]
    return Group(head, _indented(*lines))


def _kpi_table(results: Results) -> Table:
    """Lay the KPIs out as a table, for wide terminals."""
    table = _table("KPI", "Before", "After", "Change")
    for kpi in results.kpis:
        title, *words = _kpi_words(kpi)
        table.add_row(
            Group(
                Text.assemble(_outcome(kpi.outcome), "  ", title),
                *words,
                Text(f"target {' and '.join(_targets(kpi))}"),
            ),
            _short(kpi.before),
            _short(kpi.after),
            _change(kpi.metric, kpi.change, separator=" "),
        )
    return table


def _kpi_list(results: Results) -> Table:
    """Lay the KPIs out one below the other, for narrow terminals."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for kpi in results.kpis:
        title, about, *reason = _kpi_words(kpi)
        target = Text(f"target {' and '.join(_targets(kpi))}")
        words = Group(title, about, target, *_kpi_numbers(kpi), *reason)
        table.add_row(Text(*_outcome(kpi.outcome)), words)
    return table


def _kpi_numbers(kpi: Kpi) -> list[Text]:
    """Give the line of numbers; without any the reason alone tells."""
    if kpi.before is None and kpi.after is None:
        return []
    change = _change(kpi.metric, kpi.change, separator=" ") if kpi.change else f"change {NOT_RESOLVABLE}"
    return [Text(f"{pair_text(kpi.before, kpi.after)}, {change}")]


def _kpi_words(kpi: Kpi) -> list[Text]:
    """Give title and subject, and for a KPI that has not passed its reason; else the numbers tell."""
    about = f"{measured_title(kpi.metric, kpi.stat)}, {_endpoint(kpi.endpoint, 40)}"
    lines = [
        Text(short_name(kpi.title, 60), "bold"),
        Text(about if kpi.is_blocking else f"{about}; advisory", "dim"),
        *([Text(claim_text(kpi), "dim")] if kpi.claim else []),
    ]
    return lines if kpi.outcome == "passed" else [*lines, Text(short_name(kpi.reason, 300))]


def _targets(kpi: Kpi) -> list[str]:
    return [short_name(target_text(target), 24) for target in kpi.targets]


def _endpoint_table(results: Results, *, is_wide: bool) -> RenderableType:
    rows = endpoint_rows(results)
    if is_wide:
        table = _table("Endpoint, worst first", "n", "p50 response", "Change", "p95 response", "Failed")
    else:
        table = _table("Endpoint, worst first", "p50 response", "Change", "p95 / failed")
    for row in rows[:_MAX_ENDPOINTS]:
        cells = _wide_cells(row) if is_wide else _narrow_cells(row)
        table.add_row(*cells, style="bold" if row.endpoint == ALL_ENDPOINTS else "")
    if len(rows) <= _MAX_ENDPOINTS:
        return table
    return Group(table, _indented(Text(f"{len(rows) - _MAX_ENDPOINTS} more in results.json", "dim")))


def _wide_cells(row: EndpointRow) -> tuple[RenderableType, ...]:
    p50 = row.response_p50
    return (
        Text(_endpoint(row.endpoint, 60), overflow="fold"),
        _sample_counts(p50),
        _pair(p50),
        _change("response_time", p50.change if p50 else None, separator=" "),
        _pair(row.response_p95),
        _pair(row.error_share),
    )


def _narrow_cells(row: EndpointRow) -> tuple[RenderableType, ...]:
    p50 = row.response_p50
    return (
        Group(Text(_endpoint(row.endpoint, 60), overflow="fold"), Text(f"n {_sample_counts(p50)}", "dim")),
        _pair(p50),
        _change("response_time", p50.change if p50 else None, separator="\n"),
        f"{_pair(row.response_p95)}\n{_pair(row.error_share)}",
    )


def _capacity_table(capacity: Capacity) -> Table:
    table = _table(f"Holds {capacity.slo}", "Capacity", "Interval", "Latency doubles at", "Most throughput")
    for one in capacity.variants:
        name = Group(Text(one.id), *([Text(one.reason, "dim")] if one.reason else []))
        if one.capacity:
            level = value_text(one.capacity)
        else:
            level = NOT_RESOLVABLE if one.at_least is None else f"≥ {one.at_least:.3g} /s"
        peak = one.law.peak if one.law else None
        knee = _NONE if one.latency_knee is None else f"{one.latency_knee:.3g} /s"
        table.add_row(name, level, interval_text(one.capacity), knee, _short(peak))
    return table


def _fault_table(faults: Faults) -> RenderableType:
    """Give what became of the requests in each phase, then how long each fault's recovery took."""
    table = _table("Phase", "Good answers", "Against quiet", "Failed")
    for phase, title in faults.phases.items():
        cells = (("goodput", "mean"), ("goodput_share", "mean"), ("error_share", "share"))
        found = (faults.comparison(phase, ALL_ENDPOINTS, metric, stat) for metric, stat in cells)
        table.add_row(short_name(title, 60), *(_pair(one) for one in found))
    lines = []
    for fault, title in faults.titles.items():
        recovery = faults.comparison(fault, ALL_ENDPOINTS, "recovery_time", "longest")
        lines.append(Text(f"Back after {short_name(title, 60)}: {_pair(recovery)}"))
    return Group(table, _indented(*lines))


def _memory(memory: Memory) -> list[RenderableType]:
    """Give what a request leaves behind in each variant, then what holds it where that is known."""
    table = _table("A request keeps", "Live heap", "Interval", "Pages (USS)")
    for one in memory.variants:
        table.add_row(
            Group(Text(short_name(one.id, 40)), Text(one.state, "dim")),
            _short(one.slope) if one.slope else NOT_RESOLVABLE,
            interval_text(one.slope),
            _short(one.uss_slope),
        )
    lines = [Text(f"{one.id}: {short_name(one.reason, 400)}") for one in memory.variants]
    lines += [Text(f"{one.id}: {short_name(note, 300)}") for one in memory.variants for note in one.notes]
    lines.append(Text(short_name(memory.ruler, 400), "dim"))
    for one in memory.variants:
        if one.sites:
            lines.append(Text(f"What stays in {one.id} was allocated here:"))
        for place, size, _ in one.sites[:_MAX_WORSE]:
            lines.append(Text(f"  {size:8,.0f} bytes a request  {short_name(place, 100)}"))
        for name, kind, entries in one.containers[:_MAX_WORSE]:
            lines.append(Text(f"  {entries:8,.2f} entries a request  {short_name(name, 100)} ({kind})"))
    return [table, _indented(*lines)]


def _pairs(results: Results) -> list[RenderableType]:
    """Give every pair of variants, and tell how many of them matter."""
    rows = pair_rows(results)
    title = next((measured_title(row.time.metric, row.time.stat) for row in rows if row.time), "Time")
    table = _table("Variant, against", title, "Database", "Middleware", "")
    for row in rows:
        name = Group(Text(short_name(row.variant, 60)), Text(short_name(row.baseline, 60), "dim"))
        cells = [_pair_change(one) for one in (row.time, row.db_time, row.middleware_time)]
        table.add_row(name, *cells, row.word)
    count = sum(row.word in {"faster", "slower"} for row in rows)
    heading = f"Matters, by an interval that does not hold 0: {count} of {len(rows)} pairs."
    chance = "Each interval stands for itself: of twenty that change nothing, one may miss 0 by chance."
    return [table, _indented(Text(heading), Text(chance, "dim"))]


def _pair_change(comparison: Comparison | None) -> str:
    if comparison is None:
        return _NONE
    return f"{change_text(comparison.change)}\n{change_interval_text(comparison.change)}"


def _worse(results: Results) -> RenderableType:
    """Name what got worse, or say that nothing did; silence would be no answer."""
    findings = find(results)
    count = len(findings.worse)
    is_silent = len(findings.unresolved) == len(results.comparisons)
    nothing = "cannot be said" if is_silent else "nothing beyond doubt"
    heading = f"Got worse: {counted(count, 'value') if count else nothing}"
    if findings.suspects:
        heading += f"; {len(findings.suspects)} more may have, but no interval can be given"
    heading += f"; {len(findings.unresolved)} of {len(results.comparisons)} comparisons not resolvable"
    lines = [_worse_line(comparison) for comparison in findings.worse[:_MAX_WORSE]]
    if count > _MAX_WORSE:
        lines.append(Text(f"{count - _MAX_WORSE} more in report.html", "dim"))
    return Group(_indented(Text(heading)), _indented(*lines, columns=4))


def _worse_line(comparison: Comparison) -> Text:
    name = f"{_endpoint(comparison.endpoint, 40)}, {measured_title(comparison.metric, comparison.stat)}"
    interval = f"{change_text(comparison.change)} {change_interval_text(comparison.change)}"
    return Text(f"{name}: {pair_text(comparison.before, comparison.after)}, {interval}")


def _resources(results: Results) -> Text:
    if results.sides is None:
        return Text("Memory and CPU: not observed")
    before, after = results.sides
    memory = pair_text(before.memory_uss, after.memory_uss)
    return Text(f"Memory (USS): {memory} · CPU per request: {pair_text(before.cpu_time, after.cpu_time)}")


def _problems(results: Results) -> list[Text]:
    """Give the checks that did not hold and what is missing; nothing if all is well."""
    lines = [
        Text.assemble(("✕", _STYLES["invalid"]), f" {short_name(check.id)}: {short_name(check.detail, 300)}")
        for check in results.validity
        if not check.ok
    ]
    gap = [Text(f"Gap in the measurement: {short_name(results.gap, 2000)}")] if results.gap else []
    return [*lines, *gap]


def _indented(*lines: Text, columns: int = 2) -> RenderableType:
    return Padding(Group(*lines), (0, 0, 0, columns))


def _table(name_column: str, *number_columns: str) -> Table:
    """Make a table whose first column gives way when space is short: a number is never cut."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    table.add_column(name_column)
    for name in number_columns:
        table.add_column(name, justify="right", no_wrap=True, overflow="fold")
    return table


def _outcome(outcome: Outcome) -> tuple[str, str]:
    words = OUTCOME_WORDS[outcome]
    return (f"{words.shape} {words.word.upper()}", _STYLES[outcome])


def _endpoint(endpoint: str, limit: int) -> str:
    return "all requests" if endpoint == ALL_ENDPOINTS else short_name(endpoint, limit)


def _short(estimate: Estimate | None) -> str:
    return value_text(estimate) if estimate else _NONE


def _pair(comparison: Comparison | None) -> str:
    return pair_text(comparison.before, comparison.after) if comparison else _NONE


def _sample_counts(comparison: Comparison | None) -> str:
    return sample_counts_text(comparison.before_count, comparison.after_count) if comparison else _NONE


def _change(metric: str, change: Estimate | None, *, separator: str) -> str:
    if change is None:
        return NOT_RESOLVABLE
    return f"{change_text(change)} {direction_word(metric, change)}{separator}{change_interval_text(change)}"
