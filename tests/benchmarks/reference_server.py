"""The reference backend on data of any scale, as a server of its own, for the benchmarks."""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from harness.plan.experiment import Overrides, find_experiment, plan_experiment, read_experiment
from harness.target.child import free_port, wait_for
from harness.target.database import CLONE_PREFIX, clone, drop, prepare_template
from harness.target.postgres import Postgres, open_postgres

PASSWORD = "kpibench-demo"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers, and the tokens of those who have logged in."""

    pid: int
    url: str
    tokens: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, email: str = "") -> tuple[Any, str]:
        """Ask for a path on behalf of an account; answer the JSON and the `Server-Timing` header."""
        request = urllib.request.Request(self.url + path)
        if email:
            request.add_header("Authorization", f"Bearer {self.token(email)}")
        response: HTTPResponse
        with urllib.request.urlopen(request) as response:
            return json.load(response), response.headers["Server-Timing"]

    def post(self, path: str, email: str, body: Any) -> Any:
        """Send a JSON body on behalf of an account; answer the JSON."""
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {self.token(email)}")
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def token(self, email: str) -> str:
        """Log an account in, once, and answer its session token."""
        if email not in self.tokens:
            body = json.dumps({"email": email, "password": PASSWORD}).encode()
            with urllib.request.urlopen(f"{self.url}/api/v2/auth/login", data=body) as response:
                self.tokens[email] = json.load(response)["token"]
        return self.tokens[email]


@contextmanager
def postgres_in_an_empty_folder(say: Callable[[str], None]) -> Iterator[Postgres]:
    """Set up PostgreSQL for the time of a `with` block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with open_postgres(database_url=None, cache_dir=folder / "cache", say=say) as postgres:
            yield postgres


@contextmanager
def database_of(postgres: Postgres, variant: str, scale: float, say: Callable[[str], None]) -> Iterator[str]:
    """Load the data of a variant such as `after` or `before+indexes` and answer the URL of a copy."""
    plan = plan_experiment(read_experiment(find_experiment("quick")), Overrides(scale=scale))
    wanted = replace(plan.variants[0], id=variant)
    with tempfile.NamedTemporaryFile() as log:
        template = prepare_template(
            postgres, wanted, scale=scale, seed=plan.seed, say=say, log_path=Path(log.name)
        )
    name = f"{CLONE_PREFIX}benchmark_{re.sub('[^a-z0-9]', '_', variant)}"
    url = clone(postgres, template, name)
    try:
        yield url
    finally:
        drop(postgres, name)


@contextmanager
def serving(database_url: str, *variant: str) -> Iterator[RunningServer]:
    """Serve a variant until the block ends; entered once it answers."""
    port = free_port()
    command = [sys.executable, "-m", "reference_app", "serve", "--port", str(port)]
    command += ["--database-url", database_url, "--variant", *variant]
    # A file takes any number of lines, a pipe that nobody reads would bring the server to a stop.
    with (
        tempfile.NamedTemporaryFile() as log,
        subprocess.Popen(command, stderr=log) as server,
    ):
        try:
            told = Path(log.name)
            assert wait_for(lambda: " serves " in told.read_text(), timeout_s=60), told.read_text()
            yield RunningServer(server.pid, f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait(timeout=30)
