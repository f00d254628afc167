"""When a process that serves is told to stop."""

import asyncio
import os
import signal


def told_to_stop(*, until_input_ends: bool = False) -> asyncio.Event:
    """Listen to signals from now on: whoever reads that we serve may send one at once.

    Args:
        until_input_ends: The end of the standard input counts too: a pipe from a process that we serve for
            ends with it, by `kill -9` too.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def read_input() -> None:
        if not os.read(0, 1024):
            loop.remove_reader(0)
            stop.set()

    if until_input_ends:
        loop.add_reader(0, read_input)
    return stop
