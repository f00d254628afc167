"""The OpenAPI document is true: every answer to whatever schemathesis thinks of is one that it promises.

`KPIBENCH_OPENAPI_EXAMPLES=200` asks longer.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from reference_app.variants import VARIANTS, build
from tests.component.reference_app.backends import Backend, serve_and
from tests.component.reference_app.conftest import Clone

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
PHASES = dict.fromkeys(("before", "p1", "p2"), "fuzzing")
"""What all read of a request is the same code: behind thirteen layers a few examples of each endpoint do."""
ALL_PHASES = "examples,coverage,fuzzing"
SHORT = ("before", "after")
EXAMPLES = os.environ.get("KPIBENCH_OPENAPI_EXAMPLES", "2")


@pytest.mark.parametrize(
    "variant",
    [variant if variant in SHORT else pytest.param(variant, marks=pytest.mark.long) for variant in VARIANTS],
)
def test_no_answer_is_a_server_error_or_undocumented(variant: str, clone: Clone, tmp_path: Path) -> None:
    components = build(variant).components

    code, output = serve_and(
        components, clone(components.migrations), lambda asked: _ask(asked, variant, tmp_path)
    )

    assert code == 0, output


async def _ask(backend: Backend, variant: str, folder: Path) -> tuple[int, str]:
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{backend.url}/api/v2/openapi.json"),
        *("--header", f"Authorization: Bearer {await backend.token('owner')}", "--checks", CHECKS),
        *("--max-examples", EXAMPLES, "--seed", "1", "--phases", PHASES.get(variant, ALL_PHASES)),
        *("--generation-database", "none", "--no-color"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


ENDPOINTS = """
    POST /auth/login                       POST /auth/refresh
    POST /auth/mfa/enrol                   POST /auth/mfa/verify
    GET  /clients                          GET  /clients/{id}/history
    GET  /clients/{id}/lifetime-value      GET  /availability/slots
    GET  /availability/next                POST /appointments
    POST /appointments/{id}/reschedule     POST /appointments/{id}/cancel
    POST /appointments/{id}/complete       POST /appointments/{id}/no-show
    POST /appointments/{id}/calendar       POST /appointments/recurring
    POST /waitlist                         GET  /waitlist
    POST /payments                         GET  /payments/{id}
    POST /payments/{id}/refund             GET  /payments/commissions
    POST /reviews                          GET  /barbers/{id}/reviews
    GET  /notifications                    POST /notifications/dispatch
    GET  /analytics/revenue                GET  /analytics/retention
    GET  /analytics/utilisation            GET  /analytics/top-services
    GET  /analytics/no-shows               GET  /analytics/six-figures
    GET  /locations                        GET  /locations/{id}
    GET  /locations/{id}/day               GET  /openapi.json
    GET  /monitoring/performance           GET  /monitoring/middleware
    GET  /monitoring/services              GET  /monitoring/v1-usage
    GET  /monitoring/memory                POST /monitoring/memory/cleanup
    GET  /monitoring/memory/trace          POST /monitoring/memory/trace
"""
"""What is below /api/v2."""
PROBES = {("GET", path) for path in ("/health/live", "/health/ready", "/metrics")}


@pytest.mark.parametrize("variant", SHORT)
def test_every_endpoint_of_the_domain_is_served_and_described_and_nothing_else(
    variant: str, clone: Clone
) -> None:
    components = build(variant).components

    async def read(backend: Backend) -> Any:
        answer = await backend.ask("GET", "/api/v2/openapi.json")
        return answer.status, answer.body

    status, document = serve_and(components, clone(components.migrations), read)
    words = iter(ENDPOINTS.split())

    assert (status, document["openapi"]) == (200, "3.1.0")
    assert {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    } == PROBES | {(method, f"/api/v2{path}") for method, path in zip(words, words, strict=True)}
