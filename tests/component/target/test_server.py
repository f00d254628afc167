"""Servers under test: started, watched, stopped, attached to, and refused with a sentence."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from harness.errors import MeasurementError, UsageError
from harness.model.variant import Variant
from harness.target.server import attach, start_server

SERVER = """
import subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

port, database_url, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3]
print("variant under test, database", database_url, flush=True)
if mode == "child":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print("child", child.pid, flush=True)
if mode == "stubborn":
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mode == "exit":
    print("no such table: slots", flush=True)
    sys.exit(5)

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if mode == "unready" else 204 if self.path == "/ready" else 404)
        self.end_headers()

HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "server.py"
    path.write_text(SERVER)
    return path


def variant(program: Path, mode: str = "") -> Variant:
    command = ("{python}", str(program), "{port}", "{database_url}", mode)
    return Variant(id="after", title="After", command=command, ready_path="/ready")


URL = "postgresql://user:secret@127.0.0.1/name"


def test_server_is_ready_when_it_is_given_and_gone_when_it_is_stopped(program: Path, tmp_path: Path):
    log_path = tmp_path / "server.log"
    server = start_server(variant(program), database_url=URL, log_path=log_path, cpus=None)

    assert server.alive()
    assert attach(Variant(id="x", title="X", url=server.base_url)).alive()
    assert f"database {URL}" in log_path.read_text()
    server.stop()
    server.stop()
    assert not server.alive()
    with pytest.raises(UsageError):
        attach(Variant(id="x", title="X", url=server.base_url))


def test_its_children_are_stopped_with_it(program: Path, tmp_path: Path, has_ended: Callable[[int], bool]):
    log_path = tmp_path / "server.log"
    server = start_server(variant(program, "child"), database_url="", log_path=log_path, cpus=None)
    found = re.search(r"^child (\d+)$", log_path.read_text(), re.MULTILINE)
    server.stop()

    assert found
    assert has_ended(int(found[1]))


def test_a_server_that_ignores_sigterm_is_killed(program: Path, tmp_path: Path):
    server = start_server(
        variant(program, "stubborn"), database_url="", log_path=tmp_path / "server.log", cpus=None
    )
    server.stop()

    assert not server.alive()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="left out: pinning, which this system lacks")
def test_server_keeps_to_its_cpus(program: Path, tmp_path: Path):
    cpus = frozenset([max(os.sched_getaffinity(0))])
    server = start_server(variant(program), database_url="", log_path=tmp_path / "server.log", cpus=cpus)
    try:
        assert os.sched_getaffinity(server.pid or 0) == cpus
    finally:
        server.stop()


def test_a_server_that_ends_at_once_is_told_with_its_last_lines_and_no_password(
    program: Path, tmp_path: Path
):
    with pytest.raises(MeasurementError) as caught:
        start_server(variant(program, "exit"), database_url=URL, log_path=tmp_path / "server.log", cpus=None)

    assert "'after' did not become ready: its process ended" in caught.value.message
    assert "no such table: slots" in caught.value.message
    assert "secret" not in caught.value.message


def test_a_server_that_never_becomes_ready_is_stopped_and_told_with_its_answer(program: Path, tmp_path: Path):
    with pytest.raises(MeasurementError, match=r"/ready answered 503 in 0\.5 seconds"):
        start_server(
            variant(program, "unready"),
            database_url="",
            log_path=tmp_path / "server.log",
            cpus=None,
            timeout_s=0.5,
        )

    assert not [child for child in psutil.Process().children() if str(program) in child.cmdline()]


def test_a_missing_program_is_a_usage_error(tmp_path: Path):
    asked = Variant(id="after", title="After", command=("no-such-program",))

    with pytest.raises(UsageError, match="'no-such-program' cannot be started"):
        start_server(asked, database_url="", log_path=tmp_path / "server.log", cpus=None)


@pytest.mark.skipif(sys.platform != "linux", reason="left out: kill -9 of the harness, which needs Linux")
def test_server_does_not_outlive_a_killed_harness(
    program: Path, tmp_path: Path, has_ended: Callable[[int], bool]
):
    script = (
        "import sys, threading; from pathlib import Path\n"
        "from harness.model.variant import Variant; from harness.target.server import start_server\n"
        "command = ('{python}', sys.argv[1], '{port}', '', '')\n"
        "asked = Variant(id='a', title='A', command=command, ready_path='/ready')\n"
        "server = start_server(asked, database_url='', log_path=Path(sys.argv[2]), cpus=None)\n"
        "print(server.pid, flush=True); threading.Event().wait()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(program), str(tmp_path / "server.log")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    server_pid = int(owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    owner.communicate(timeout=30)

    assert has_ended(server_pid)


class _Missing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def missing_url() -> Iterator[str]:
    """A server that answers 404 to everything."""
    with HTTPServer(("127.0.0.1", 0), _Missing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_any_status_is_an_answer_of_a_server_that_runs(missing_url: str):
    server = attach(Variant(id="before", title="Before", url=f"{missing_url}/"))

    assert (server.base_url, server.pid, server.alive()) == (missing_url, None, True)
    server.stop()
    assert server.alive()


@pytest.fixture
def rude_port() -> Iterator[int]:
    """A port where something answers that is not HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(1000)
                    peer.sendall(b"220 welcome\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_url_where_nothing_speaks_http_is_a_usage_error(rude_port: int):
    def refused(url: str) -> str:
        with pytest.raises(UsageError) as caught:
            attach(Variant(id="before", title="Before", url=url))
        return str(caught.value)

    assert "does not speak HTTP" in refused(f"http://127.0.0.1:{rude_port}")
    assert "does not speak TLS that this machine trusts" in refused(f"https://127.0.0.1:{rude_port}")
    assert "cannot be reached (Connection refused)" in refused("http://127.0.0.1:1")
    assert "cannot be reached" in refused("http://no-such-host.invalid")
    for url in ("localhost:8080", "ftp://host", "http://", "http://host:port", "http://[broken"):
        assert "is not an HTTP URL" in refused(url)
