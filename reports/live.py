"""The local web server of one run that goes on."""

from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from reports.errors import ReportError
from reports.html.live_page import render_live
from reports.run_watch import RunWatch
from reports.serve import HOST


def make_live_server(run_dir: Path, port: int) -> ThreadingHTTPServer:
    """Bind the server of one run's page; 0 takes any free port.

    Raises:
        ReportError: the folder is missing, or the port is taken.
    """
    if not run_dir.is_dir():
        raise ReportError(f"There is no run folder {run_dir}.")
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Handler, watch=RunWatch(run_dir), run_dir=run_dir))
    except OSError as error:
        raise ReportError(
            f"Port {port} cannot be opened: {error.strerror}.", hint="Take --port 0."
        ) from error


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, *args: Any, watch: RunWatch, run_dir: Path) -> None:
        self._watch = watch
        self._report = run_dir / "report.html"
        super().__init__(*args)

    def do_GET(self) -> None:  # the library calls it by this name
        if self.path != "/":
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"There is no such page.")
            return
        try:
            page = render_live(self._watch.look(), report_path=self._report_path)
        except ReportError as error:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", str(error).encode("utf-8"))
        else:
            self._answer(HTTPStatus.OK, "text/html", page.encode("utf-8"))

    @property
    def _report_path(self) -> str:
        return str(self._report) if self._report.is_file() else ""

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing: the terminal belongs to the run."""
