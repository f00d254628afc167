"""What breaks a backend breaks it, and its undo mends it: real processes, a real database, a real stub."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from harness.errors import MeasurementError
from harness.model.fault import (
    KillInstance,
    RestartDatabase,
    RunCommand,
    RunProgram,
    SetService,
    StopCompanion,
)
from harness.model.variant import Companion, Variant
from harness.target.child import wait_for
from harness.target.companion import run_companions
from harness.target.connection import execute, fetch
from harness.target.fault_action import breaker_of
from harness.target.postgres import open_postgres
from harness.target.server import AttachedServer, start_server

STUB = Companion(
    name="stub",
    command=("{python}", "-m", "reference_app", "externals", "--port", "{port}"),
    ready_path="/control",
)
SERVER = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404 if self.path == "/status" else 200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())

    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
NOWHERE = AttachedServer("http://127.0.0.1:1")


def breaker(action, server=NOWHERE, postgres=None):
    return breaker_of(action, variant_id="after", server=server, postgres=postgres)


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def mode(port):
    return json.loads(get(f"http://127.0.0.1:{port}/control"))["payments"]["mode"]


class ServerWithCompanions:
    pid = None
    base_url = "http://127.0.0.1:1"

    def __init__(self, companions):
        self.companions = companions


@pytest.fixture(scope="module")
def stub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stub")
    with run_companions([STUB], variant_id="after", log_folder=folder) as companions:
        yield companions["stub"]


def test_a_service_is_put_into_another_mode_and_back(stub):
    action = SetService(
        companion="stub", path="/control/payments", start={"mode": "hang"}, undo={"mode": "ok"}
    )
    payments = breaker(action, ServerWithCompanions({"stub": stub}))

    payments.start()
    assert mode(stub.port) == "hang"
    payments.undo()
    assert mode(stub.port) == "ok"


@pytest.mark.parametrize(
    ("path", "told"), [("/control/pigeons", "answered 404"), ("/payments/charges", "answered 405")]
)
def test_a_service_that_takes_no_orders_is_told(stub, path, told):
    url = f"http://127.0.0.1:{stub.port}"

    with pytest.raises(MeasurementError, match=told):
        breaker(SetService(url=url, path=path, start={"mode": "hang"}, undo={})).start()


def test_a_companion_that_was_killed_comes_back_at_its_port(stub):
    companion = breaker(StopCompanion(companion="stub"), ServerWithCompanions({"stub": stub}))

    companion.start()
    with pytest.raises(OSError, match="refused"):
        mode(stub.port)
    companion.undo()
    assert mode(stub.port) == "ok"


def test_a_companion_that_does_not_start_is_told_with_its_last_words(tmp_path):
    broken = Companion(name="cache", command=("{python}", "-c", "raise SystemExit('no memory left')"))

    with (
        pytest.raises(MeasurementError, match="no memory left"),
        run_companions([broken], variant_id="after", log_folder=tmp_path),
    ):
        pass


def test_a_server_without_instances_is_killed_and_started_again_at_its_port(tmp_path):
    program = tmp_path / "server.py"
    program.write_text(SERVER)
    variant = Variant(id="after", title="After", command=("{python}", str(program), "{port}"))
    server = start_server(variant, database_url="", log_path=tmp_path / "server.log", cpus=None)
    try:
        first = get(server.base_url)
        kill = breaker(KillInstance(status_path="/status"), server)
        kill.start()
        assert not server.alive()
        kill.undo()
        assert server.alive()
        assert get(server.base_url) != first
    finally:
        server.stop()


def test_only_a_process_of_the_server_is_ever_killed(tmp_path):
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    program = tmp_path / "server.py"
    listing = json.dumps({"instances": [{"id": "a", "pid": bystander.pid, "state": "up"}]})
    program.write_text(SERVER.replace("str(os.getpid())", repr(listing)).replace("404", "200"))
    variant = Variant(id="after", title="After", command=("{python}", str(program), "{port}"))
    server = start_server(variant, database_url="", log_path=tmp_path / "server.log", cpus=None)
    try:
        with pytest.raises(MeasurementError, match="no instance that is a process of this server"):
            breaker(KillInstance(status_path="/status"), server).start()
        assert bystander.poll() is None
    finally:
        server.stop()
        bystander.communicate(b"\n")


def test_commands_of_the_users_break_and_mend(tmp_path):
    touch = ("{python}", "-c", "import sys; open(sys.argv[1] + sys.argv[2], 'a').close()", str(tmp_path))
    own = breaker(RunCommand(start=(*touch, "/broken-{variant}"), undo=(*touch, "/mended")))

    own.start()
    assert [path.name for path in tmp_path.iterdir()] == ["broken-after"]
    own.undo()
    assert (tmp_path / "mended").exists()


def test_a_command_that_fails_is_told_with_its_last_words():
    fails = ("{python}", "-c", "raise SystemExit('no such proxy')")
    own = breaker(RunCommand(start=fails, undo=("true",)))

    with pytest.raises(MeasurementError, match="exited with 1: no such proxy"):
        own.start()
    own.undo()


def test_the_undo_of_a_command_runs_when_we_are_killed(tmp_path: Path):
    mended = tmp_path / "mended"
    code = f"""
import os, signal, sys
from harness.model.fault import RunCommand
from harness.target.fault_action import breaker_of
from harness.target.server import AttachedServer
action = RunCommand(start=("true",), undo=("touch", {str(mended)!r}))
server = AttachedServer("http://127.0.0.1:1")
breaker_of(action, variant_id="after", server=server, postgres=None).start()
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)

    assert wait_for(mended.exists, timeout_s=30)


def test_a_program_that_ends_too_early_was_no_fault():
    short = breaker(RunProgram(command=("{python}", "-c", "")))
    short.start()
    assert wait_for(lambda: short._process.poll() is not None, timeout_s=30)

    with pytest.raises(MeasurementError, match="ended before the fault did, with exit code 0"):
        short.undo()


def test_a_program_lasts_as_long_as_its_fault(has_ended):
    lasting = breaker(RunProgram(command=("{python}", "-c", "import time; time.sleep(600)")))
    lasting.start()
    pid = lasting._process.pid
    lasting.undo()

    assert has_ended(pid)


def test_the_embedded_database_stops_at_once_and_is_back_with_its_data_at_the_same_address(cache):
    with open_postgres(database_url=None, cache_dir=cache, say=lambda _: None) as postgres:
        execute(postgres.admin_url, "CREATE TABLE kept AS SELECT 1 AS one")
        restart = breaker(RestartDatabase(), postgres=postgres)
        first = postgres.postmaster_pid

        restart.start()
        assert postgres.cluster._process.poll() is not None
        restart.undo()
        assert postgres.postmaster_pid != first
        assert fetch(postgres.admin_url, "SELECT one FROM kept") == [{"one": 1}]


def test_a_database_of_the_users_is_not_ours_to_restart():
    with pytest.raises(MeasurementError, match="Only the embedded PostgreSQL"):
        breaker(RestartDatabase())
