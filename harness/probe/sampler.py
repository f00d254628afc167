"""A thread that writes what it sees as JSON lines, at a steady pace."""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self


class Sampler:
    """Write one line when the `with` block begins, one each interval, and one when it ends.

    Args:
        measure: Gives the next line; None writes none.
        path: A line is whole or absent: it is written in one go.
        interval_s: Seconds from line to line; what `measure` takes comes on top.
    """

    def __init__(
        self, measure: Callable[[], Mapping[str, float] | None], path: Path, interval_s: float
    ) -> None:
        self._measure = measure
        self._path = path
        self._interval_s = interval_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"probe {path.name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            while True:
                is_last = self._is_over.is_set()
                line = self._measure()
                if line is not None:
                    file.write(json.dumps(line) + "\n")
                    file.flush()
                if is_last:
                    return
                self._is_over.wait(self._interval_s)
