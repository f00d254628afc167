"""SlidingWindow by an injected clock."""

from reference_app.middleware.sliding_window import SlidingWindow


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_no_stretch_of_a_window_holds_more_than_the_limit() -> None:
    clock = Clock()
    window = SlidingWindow(60.0, clock)
    admitted = []
    for _ in range(1_000):
        clock.now += 0.7
        if window.admit("a", 10):
            admitted.append(clock.now)

    counts = [sum(start <= moment < start + 60 for moment in admitted) for start in admitted]
    assert max(counts) == 10
    assert len(admitted) >= 10 * (700 // 60)


def test_keys_do_not_share_their_count() -> None:
    window = SlidingWindow(60.0, Clock())

    assert [window.admit(key, 1) for key in ("a", "b", "a", "b")] == [True, True, False, False]


def test_keys_that_are_over_are_forgotten() -> None:
    clock = Clock()
    window = SlidingWindow(60.0, clock)
    for number in range(1_000):
        window.admit(str(number), 1)
    clock.now += 61
    window.admit("new", 1)

    assert list(window._events) == ["new"]
