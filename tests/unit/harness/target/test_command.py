"""Placeholders and output of a variant's commands."""

from harness.target.command import fill, last_lines


def test_only_known_placeholders_are_replaced():
    command = ["{python}", "--port={port}", "awk '{print}'", "{port}{port}"]

    filled = fill(command, {"python": "/bin/python", "port": 80})

    assert filled == ["/bin/python", "--port=80", "awk '{print}'", "8080"]


def test_a_value_that_looks_like_a_placeholder_is_left_alone():
    assert fill(["{variant} {port}"], {"variant": "{port}", "port": 1}) == ["{port} 1"]


def test_last_lines_skip_empty_ones():
    assert last_lines("a\n\nb\n c \n\n", count=2) == "b\n c"


def test_no_output_is_said():
    assert last_lines("\n") == "(it wrote nothing)"
