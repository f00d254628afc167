"""The jobs that docs/ci.md offers can be read, hold what their servers need, and name what exists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from harness.cli.main import kpibench
from harness.errors import ExitCode
from reports.exports import EXPORTS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "ci.md").read_text("utf-8")
WORKFLOW, GITLAB_JOB = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
FILES = {"report.html", "results.json", "kpi.csv", "junit.xml", "summary.md", "metrics.txt"}


@pytest.fixture(scope="module")
def workflow():
    return yaml.safe_load(WORKFLOW)


@pytest.fixture(scope="module")
def gitlab():
    return yaml.safe_load(GITLAB_JOB)


def scripts(workflow):
    steps = workflow["jobs"]["kpis"]["steps"]
    return [step["run"] for step in steps if "run" in step]


def test_the_github_workflow_has_the_shape_that_github_asks_for(workflow):
    assert {"name", "jobs"} <= workflow.keys()
    assert True in workflow or "on" in workflow, "YAML 1.1 reads the key `on` as true, GitHub as text"
    job = workflow["jobs"]["kpis"]
    assert {"runs-on", "steps"} <= job.keys()
    for step in job["steps"]:
        assert ("run" in step) != ("uses" in step)
        assert step.keys() <= {"name", "id", "if", "uses", "with", "run", "env"}
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "actions/checkout@v4"))


def test_nothing_from_a_pull_request_is_put_into_a_shell_script(workflow):
    assert not any("${{" in script for script in scripts(workflow))


def test_the_scripts_of_the_workflow_are_shell(workflow):
    shell = shutil.which("bash")
    assert shell
    for script in scripts(workflow):
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_gitlab_job_has_the_shape_that_gitlab_asks_for(gitlab):
    job = gitlab["kpis"]
    assert job.keys() <= {
        "stage", "image", "timeout", "script", "after_script", "allow_failure", "artifacts"
    }  # fmt: skip
    assert all(isinstance(line, str) for line in [*job["script"], *job["after_script"]])
    assert job["allow_failure"] == {"exit_codes": [int(ExitCode.INCONCLUSIVE)]}
    assert job["artifacts"].keys() <= {"when", "expose_as", "paths", "reports"}
    assert job["artifacts"]["reports"].keys() == {"junit", "metrics"}


def test_every_file_that_the_jobs_keep_is_one_that_a_run_writes():
    named = set(re.findall(r"[\w-]+\.(?:html|json|csv|xml|md|txt)\b", WORKFLOW + GITLAB_JOB))

    assert named <= FILES


def test_every_command_and_option_that_the_page_names_exists():
    for name, rest in re.findall(r"kpibench (run|report|gate|history)\b([^\n`]*)", TEXT):
        known = {option for parameter in kpibench.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known


def test_every_export_and_exit_code_is_told():
    table = "\n".join(line for line in TEXT.splitlines() if line.startswith("|"))

    assert all(f"`{export.id}`" in table for export in EXPORTS)
    assert all(re.search(rf"\b{int(code)}\b", table) for code in ExitCode)
