"""The server that does nothing does it for split and pipelined requests alike, and ends with its parent."""

import http.client
import socket
from urllib.parse import urlsplit

from harness.target.null_server import null_server


def test_it_answers_each_request_with_an_empty_200():
    with null_server() as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        for _ in range(3):
            connection.request("GET", "/anything")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")
        connection.close()


def test_requests_that_come_in_pieces_or_together_are_counted_right():
    with null_server() as url:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: x\r")
            received = connection.recv(1000)
            connection.sendall(b"\n\r\nGET / HTTP/1.1\r\n\r\n")
            while received.count(b"200 OK") < 3:
                received += connection.recv(1000)

    assert received.count(b"200 OK") == 3


def test_it_is_gone_afterwards():
    with null_server() as url:
        parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=1).close()
    except OSError:
        return
    raise AssertionError("it still listens")
