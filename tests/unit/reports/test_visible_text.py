"""Names from outside, made harmless."""

from reports.visible_text import short_name, visible


def test_marks_that_turn_the_line_are_written_out():
    assert visible("GET /\u202egnp.exe") == "GET /\\u202egnp.exe"
    assert visible("a\u200bb\x1b[31mc\nd") == "a\\u200bb\\u001b[31mc\\u000ad"
    assert visible("\U000e0041") == "\\U000e0041"


def test_letters_of_any_script_stay():
    assert visible("GET /صفحة/ページ/é 😀") == "GET /صفحة/ページ/é 😀"


def test_a_long_name_is_cut_in_its_middle():
    name = "GET /" + "a" * 10_000 + "/end"

    assert len(short_name(name, 40)) == 40
    assert short_name(name, 40).startswith("GET /aaa")
    assert short_name(name, 40).endswith("/end")


def test_a_name_that_fits_is_left_alone():
    assert short_name("GET /slots", 10) == "GET /slots"
