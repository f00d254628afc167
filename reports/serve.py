"""A local web server for people: an index of all runs, their reports, and any two runs beside each other.

It listens on the loopback address alone, reads run folders and changes nothing.
"""

import webbrowser
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from reports.errors import ReportError
from reports.html.index_page import render_comparison, render_index
from reports.results import Results, read_results
from reports.run_index import find_runs

HOST = "127.0.0.1"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


def make_server(runs_dir: Path, port: int) -> ThreadingHTTPServer:
    """Bind the server; 0 takes any free port, `server_address` tells which.

    Raises:
        ReportError: the folder is missing, or the port is taken.
    """
    if not runs_dir.is_dir():
        raise ReportError(
            f"There is no folder {runs_dir}.", hint="Give the folder that holds the run folders."
        )
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Handler, runs_dir=runs_dir.resolve()))
    except OSError as error:
        raise ReportError(
            f"Port {port} cannot be opened: {error.strerror}.", hint="Take --port 0."
        ) from error


def serve_until_stopped(server: ThreadingHTTPServer, *, is_opened: bool) -> None:
    """Print the address, open it if that is wanted, and serve until Ctrl-C or a signal ends the process."""
    address = f"http://{HOST}:{server.server_address[1]}/"
    print(address, flush=True)  # noqa: T201  - a command speaks by printing
    if is_opened:
        webbrowser.open(address)
    with server:
        server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, *args: object, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        super().__init__(*args)  # type: ignore[arg-type]  # whatever the server hands over

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        pages: dict[str, Callable[[], str]] = {
            "/": lambda: render_index(find_runs(self._runs_dir)),
            "/compare": lambda: render_comparison(*(self._results(query.get(side, "")) for side in "ab")),
        }
        try:
            if address.path in pages:
                self._answer(pages[address.path]().encode("utf-8"), _TYPES[".html"])
            else:
                self._send_file(unquote(address.path))
        except ReportError as error:
            self._answer(str(error).encode("utf-8"), "text/plain; charset=utf-8", HTTPStatus.NOT_FOUND)

    def _results(self, name: str) -> Results:
        return read_results(self._inside(name))

    def _send_file(self, path: str) -> None:
        """Send a file of a run; nothing outside of the folder, and no folder."""
        file = self._inside(path.lstrip("/"))
        if not file.is_file() or file.suffix not in _TYPES:
            raise ReportError(f"There is no {path} here.")
        self._answer(file.read_bytes(), _TYPES[file.suffix])

    def _inside(self, path: str) -> Path:
        found = (self._runs_dir / path).resolve()
        if not path or not found.is_relative_to(self._runs_dir):
            raise ReportError(f"There is no run {path!r} here.")
        return found

    def _answer(self, body: bytes, content_type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing: the terminal belongs to the person who started the server."""
