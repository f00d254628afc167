"""A thread that writes what it sees as JSON lines, at a steady pace."""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.errors import MeasurementError
from harness.store.atomic import told_as_measurement_error


class Sampler:
    """Write one line when the `with` block begins, one each interval, and one when it ends.

    A line that cannot be written ends the looks; the end of the block raises it as a MeasurementError.

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
        self._fault: MeasurementError | None = None
        self._thread = threading.Thread(target=self._run, name=f"probe {path.name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        if self._fault is not None and error is None:
            raise self._fault

    def _run(self) -> None:
        try:
            self._write_lines()
        except MeasurementError as fault:
            self._fault = fault

    def _write_lines(self) -> None:
        with told_as_measurement_error(self._path), self._path.open("a", encoding="utf-8") as file:
            while True:
                is_last = self._is_over.is_set()
                line = self._measure()
                if line is not None:
                    file.write(json.dumps(line) + "\n")
                    file.flush()
                if is_last:
                    return
                self._is_over.wait(self._interval_s)
