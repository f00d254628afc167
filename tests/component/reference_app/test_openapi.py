"""The OpenAPI document is true: every answer to whatever schemathesis thinks of is one that it promises.

`KPIBENCH_OPENAPI_EXAMPLES=200` asks longer.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from reference_app.variants import VARIANTS, build
from tests.component.reference_app.backends import Backend, serve_and
from tests.component.reference_app.conftest import Clone

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
PHASES = {"before": "fuzzing"}
"""What all read of a request is the same code: on the slow side a few examples of each endpoint do."""
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


def test_every_route_of_the_api_is_described(clone: Clone) -> None:
    components = build("after").components

    async def compare(backend: Backend) -> tuple[int, dict]:
        answer = await backend.ask("GET", "/api/v2/openapi.json")
        return answer.status, answer.body

    status, document = serve_and(components, clone(components.migrations), compare)

    assert status == 200
    assert document["openapi"] == "3.1.0"
    assert len(document["paths"]) >= 39
