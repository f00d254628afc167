"""The folder report/ under the policy that Jenkins serves archived pages with."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = pytest.mark.browser

JENKINS_POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"


class _JenkinsHandler(SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", JENKINS_POLICY)
        super().end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def jenkins(written_report):
    run_dir = written_report(outcome="failed", endpoint_count=1, phase_count=1).parent
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_JenkinsHandler, directory=str(run_dir)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(browser, jenkins):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    messages = []
    page.on("console", lambda message: messages.append(message.text))

    def open_(path):
        page.goto(f"{jenkins}/{path}")
        return page, messages

    yield open_
    page.close()


def test_jenkins_policy_finds_no_violation(opened):
    _, messages = opened("report/index.html")

    assert messages == []


def test_the_single_file_would_violate_it(opened):
    """What the folder is for; and the proof that violations are seen at all."""
    _, messages = opened("report.html")

    assert any("Content Security Policy" in message for message in messages)


def test_the_page_is_styled_and_its_charts_have_their_colours(opened):
    page, _ = opened("report/index.html")

    assert page.evaluate("getComputedStyle(document.querySelector('.hero-word')).fontWeight") == "750"
    assert (
        page.evaluate("getComputedStyle(document.querySelector('svg .stroke-after')).stroke")
        == "rgb(0, 73, 122)"
    )
    assert page.locator("figure svg").first.is_visible()
