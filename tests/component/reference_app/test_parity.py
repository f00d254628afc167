"""Same requests, same answers, same side effects: whatever optimizations a variant holds."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from reference_app.optimizations import ALL
from reference_app.optimizations.optimization import PHASES
from reference_app.variants import Build, build
from tests.component.reference_app.backends import (
    Answer,
    Backend,
    cloned,
    make_template,
    run_sql,
    serve_and,
)
from tests.component.reference_app.conftest import SCALE, Clone
from tests.component.reference_app.corpus import replay

SIDE_EFFECTS = (
    """SELECT id, location_id, barber_id, client_id, service_id, starts_at, ends_at, blocked_until,
              price_cents, version, status, source, notes, recurring_series_id,
              cancelled_at IS NULL AS is_kept
         FROM appointments ORDER BY id""",
    "SELECT id, appointment_id, kind, channel, status, body FROM notifications ORDER BY id",
    "SELECT id, user_id, action, status FROM audit_log ORDER BY id",
    "SELECT id, user_id, user_agent FROM sessions ORDER BY id",
    "SELECT user_id, key, request_hash, response FROM idempotency_keys ORDER BY user_id, key",
    "SELECT * FROM payments ORDER BY id",
    "SELECT id, visit_count, total_spent_cents FROM clients ORDER BY id",
    "SELECT * FROM reviews ORDER BY id",
    "SELECT id, client_id, barber_id, service_id, day FROM waitlist_entries ORDER BY id",
    "SELECT * FROM recurring_series ORDER BY id",
    "SELECT id, user_id, label, secret FROM mfa_devices ORDER BY id",
)

LEFT_OUT = [build("after", removed=[optimization.id]) for optimization in ALL]
BETWEEN = [
    build(phase)
    for one, phase in pairwise(("before", *PHASES))
    if build(one).optimizations != build(phase).optimizations != ALL
]
"""The phases that differ from the one in front of them and from `after`."""
QUICK_OR_LONG = [
    pytest.param(phase, id=phase.id, marks=[pytest.mark.long] if phase.id in {"p1", "p2"} else [])
    for phase in BETWEEN
]
"""With BEFORE's layers a request takes ten times as long."""


@pytest.fixture(scope="module")
def expected(postgres_url: str, templates: Any) -> tuple[Any, Any]:
    with cloned(postgres_url, templates[()], "reference_expected") as url:
        return _replayed(build("before"), url)


@pytest.fixture(scope="module")
def expected_in_short(postgres_url: str, templates: Any) -> tuple[Any, Any]:
    with cloned(postgres_url, templates[()], "reference_expected_in_short") as url:
        return _replayed(build("before"), url, is_short=True)


@pytest.fixture(scope="module")
def expected_in_brief(postgres_url: str, templates: Any) -> tuple[Any, Any]:
    with cloned(postgres_url, templates[()], "reference_expected_in_brief") as url:
        return _replayed(build("before"), url, is_brief=True)


@pytest.mark.long
def test_after_answers_and_changes_what_before_does(clone: Clone, expected: Any) -> None:
    after = build("after")

    _require_equal(_replayed(after, clone(after.components.migrations)), expected)


def test_after_answers_and_changes_in_brief_what_before_does(clone: Clone, expected_in_brief: Any) -> None:
    after = build("after")

    _require_equal(_replayed(after, clone(after.components.migrations), is_brief=True), expected_in_brief)


@pytest.mark.parametrize("phase", QUICK_OR_LONG)
def test_every_phase_answers_and_changes_what_before_does(
    phase: Build, clone: Clone, expected_in_brief: Any
) -> None:
    replayed = _replayed(phase, clone(phase.components.migrations), is_brief=True)

    _require_equal(replayed, expected_in_brief)


@pytest.mark.long
@pytest.mark.parametrize("phase", BETWEEN, ids=lambda phase: phase.id)
def test_every_phase_answers_the_whole_corpus_as_before_does(
    phase: Build, clone: Clone, expected: Any
) -> None:
    _require_equal(_replayed(phase, clone(phase.components.migrations)), expected)


@pytest.mark.long
@pytest.mark.parametrize("subset", LEFT_OUT, ids=lambda subset: subset.id)
def test_any_subset_answers_and_changes_what_before_does(
    subset: Build, clone: Clone, expected_in_short: Any
) -> None:
    replayed = _replayed(subset, clone(subset.components.migrations), is_short=True)

    _require_equal(replayed, expected_in_short)


def _require_equal(replayed: Any, expected: Any) -> None:
    answers, effects = replayed
    expected_answers, expected_effects = expected
    assert [step for step, _ in answers] == [step for step, _ in expected_answers]
    different = [
        (ours, theirs) for ours, theirs in zip(answers, expected_answers, strict=True) if ours != theirs
    ]
    assert different == []
    assert effects == expected_effects


def test_after_answers_the_same_on_postgresql_15(postgres_15_url: str, expected_in_brief: Any) -> None:
    url = make_template(postgres_15_url, "reference_on_15", "after", SCALE)

    _require_equal(_replayed(build("after"), url, is_brief=True), expected_in_brief)


@pytest.mark.long
def test_no_request_of_the_corpus_is_answered_with_a_server_error(expected: Any) -> None:
    answers, _ = expected
    statuses = {answer.status for _, answer in answers}

    assert [step for step, answer in answers if answer.status >= 500] == []
    assert statuses == {200, 201, 400, 401, 403, 404, 405, 409, 413, 422}
    assert len(answers) > 500


@pytest.mark.long
def test_every_answer_tells_its_server_timing(expected: Any) -> None:
    answers, _ = expected

    assert [
        step for step, answer in answers if "app;dur=" not in answer.headers.get("Server-Timing", "")
    ] == []


@pytest.mark.long
def test_every_error_has_a_code_and_a_sentence(expected: Any) -> None:
    answers, _ = expected

    for step, answer in answers:
        if answer.status >= 400:
            assert set(answer.body["error"]) == {"code", "message"}, step


def _replayed(
    subset: Build, url: str, *, is_short: bool = False, is_brief: bool = False
) -> tuple[list[tuple[str, Answer]], list[Any]]:
    async def work(backend: Backend) -> list[tuple[str, Answer]]:
        return [step async for step in replay(backend, is_short=is_short, is_brief=is_brief)]

    answers = serve_and(subset.components, url, work)
    return answers, [asyncio.run(run_sql(url, query)) for query in SIDE_EFFECTS]
