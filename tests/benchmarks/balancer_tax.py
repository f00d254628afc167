"""What the balancer costs a request, against one instance and against several on one port."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from harness.target.child import free_port, wait_for
from tests.benchmarks.raw_client import rate_of
from tests.benchmarks.table import Table

INSTANCES = 3
ROUNDS = 9
REQUESTS = 1000
RATE_S = 2.0
CONNECTIONS = 16
MOST_US = 400.0
BODY = b'{"id":1,"name":"' + b"x" * 1000 + b'"}'
WAYS = {
    "straight to one instance": "alone",
    f"the balancer, {INSTANCES} instances": "balanced",
    f"{INSTANCES} processes on one port": "shared",
}


def measure(say: Callable[[str], None]) -> Table:
    """Take turns: one request at a time for the time, many at once for the answers a second."""
    with ExitStack() as stack:
        file = Path(stack.enter_context(tempfile.NamedTemporaryFile()).name)
        file.write_bytes(BODY)
        ports = {
            "alone": stack.enter_context(_bytes_servers(file, 1)),
            "balanced": stack.enter_context(_balanced(file)),
            "shared": stack.enter_context(_bytes_servers(file, INSTANCES)),
        }
        times: dict[str, list[list[float]]] = {name: [] for name in ports}
        rates: dict[str, list[float]] = {name: [] for name in ports}
        for number in range(ROUNDS):
            for name, port in ports.items():
                times[name].append(sorted(_times_us(port)))
                url = f"http://127.0.0.1:{port}/answer"
                rates[name].append(rate_of(url, {}, CONNECTIONS, RATE_S))
            say(f"{number + 1} of {ROUNDS}")
    p50 = {name: median(_quantile(taken, 0.5) for taken in times[name]) for name in ports}
    p99 = {name: median(_quantile(taken, 0.99) for taken in times[name]) for name in ports}
    taxes = [
        _quantile(through, 0.5) - _quantile(straight, 0.5)
        for through, straight in zip(times["balanced"], times["alone"], strict=True)
    ]
    tax = median(taxes)
    return Table(
        title="What the balancer costs a request",
        claim=f"at most {MOST_US:.0f} us more than straight to an instance, at the median",
        columns=("way", "p50, us", "p99, us", "answers/s"),
        rows=(
            *(
                (way, f"{p50[name]:.0f}", f"{p99[name]:.0f}", f"{median(rates[name]):.0f}")
                for way, name in WAYS.items()
            ),
            ("the balancer's tax", f"{tax:+.0f} ({min(taxes):+.0f} to {max(taxes):+.0f})", "", ""),
        ),
        holds=tax <= MOST_US,
        note=(
            f"A handler of aiohttp on uvloop that answers {len(BODY)} bytes. Medians of {ROUNDS} rounds,"
            f" of the tax the least and the greatest, too; times of {REQUESTS} requests one after the other;"
            f" answers a second on {CONNECTIONS} connections, with client and servers on the same cores."
        ),
    )


def serve_balanced(port: int, file: Path) -> None:
    """Serve the bytes by instances behind a balancer, until SIGTERM."""
    import uvloop  # noqa: PLC0415 - of the process that serves, not of the one that measures

    from reference_app.balancer.command import balance  # noqa: PLC0415 - the same

    def command(instance_port: int) -> list[str]:
        return _bytes_server(instance_port, file)

    uvloop.run(balance("bytes", command, (1.0,) * INSTANCES, port, lambda _: None))


def _bytes_server(port: int, file: Path) -> list[str]:
    return [sys.executable, "-m", "tests.benchmarks.bytes_server", str(port), str(file)]


@contextmanager
def _bytes_servers(file: Path, count: int) -> Iterator[int]:
    port = free_port()
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(_started([*_bytes_server(port, file), "shared"]))
        assert wait_for(lambda: _answers(port), timeout_s=60)
        # The kernel spreads connections over those that listen already; all must, before the first is made.
        time.sleep(2)
        yield port


@contextmanager
def _balanced(file: Path) -> Iterator[int]:
    port = free_port()
    with _started([sys.executable, "-m", "tests.benchmarks.balancer_tax", str(port), str(file)]):
        assert wait_for(lambda: _answers(port), timeout_s=60)
        yield port


@contextmanager
def _started(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command) as server:
        try:
            yield
        finally:
            server.terminate()
            server.wait(timeout=30)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/answer")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _times_us(port: int) -> list[float]:
    """Ask one request after the other on one connection; answer the time of each."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    taken = []
    try:
        for _ in range(REQUESTS + REQUESTS // 10):
            began = time.perf_counter()
            connection.request("GET", "/answer")
            assert len(connection.getresponse().read()) == len(BODY)
            taken.append((time.perf_counter() - began) * 1e6)
    finally:
        connection.close()
    return taken[REQUESTS // 10 :]


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


if __name__ == "__main__":
    serve_balanced(int(sys.argv[1]), Path(sys.argv[2]))
