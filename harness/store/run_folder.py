"""RunFolder: where everything of one run lies, and how it gets there without halves."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import MeasurementError, UsageError
from harness.model.slice_summary import SliceSummary
from harness.store import atomic
from harness.store.slice_summary import dump_slice_summary, load_slice_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """One run's folder, laid out as docs/formats.md says; writing a file makes the folders above it."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> "RunFolder":
        """Make the folder `path`, with a status that says that the run has only begun.

        Raises:
            UsageError: it exists and is not empty, or it cannot be made.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            is_taken = any(path.iterdir())
        except OSError as error:
            hint = "Choose another folder with --out."
            raise UsageError(f"Cannot make the run folder {path}: {error.strerror}.", hint=hint) from error
        if is_taken:
            raise UsageError(
                f"{path} exists and is not empty.",
                hint="Choose another folder with --out, or remove this one.",
            )
        folder = cls(path=path)
        try:
            folder.write_status({"state": "running", "note": "The run has begun, nothing is measured yet."})
        except MeasurementError as error:
            raise UsageError(error.message, hint=error.hint) from error
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Return the run folder at `path`.

        Raises:
            UsageError: there is none.
        """
        folder = cls(path=path)
        if not folder.status_json.is_file():
            raise UsageError(
                f"{path} is no run folder: it has no {folder.status_json.name}.",
                hint="Give the folder that `kpibench run` named, runs/<id>.",
            )
        return folder

    @property
    def run_id(self) -> str:
        """The folder's own name."""
        return self.path.resolve().name

    @property
    def experiment_yaml(self) -> Path:
        """The experiment file as it was read."""
        return self.path / "experiment.yaml"

    @property
    def kpis_yaml(self) -> Path:
        """The KPI file as it was read."""
        return self.path / "kpis.yaml"

    @property
    def plan_json(self) -> Path:
        """What was drawn from the seed."""
        return self.path / "plan.json"

    @property
    def environment_json(self) -> Path:
        """Machine, versions, hashes, settings."""
        return self.path / "environment.json"

    @property
    def status_json(self) -> Path:
        """How far the run is."""
        return self.path / "status.json"

    @property
    def results_json(self) -> Path:
        """Every number that is shown."""
        return self.path / "results.json"

    @property
    def report_html(self) -> Path:
        """The report for people."""
        return self.path / "report.html"

    @property
    def lock_file(self) -> Path:
        """Names the process that works on this run; see `hold_run`."""
        return self.path / "lock"

    @property
    def capacity_json(self) -> Path:
        """What a capacity run was asked; other runs have none."""
        return self.path / "capacity.json"

    def steps_jsonl(self, round_index: int) -> Path:
        """Return the file of a capacity run's steps in a round."""
        return self.round_dir(round_index) / "steps.jsonl"

    def memory_dir(self, repeat: int) -> Path:
        """Return the folder of a repeat of the memory phase, counted from 1."""
        return self.path / "memory" / f"{repeat:02}"

    def memory_jsonl(self, repeat: int, variant_id: str) -> Path:
        """Return the file of the looks at one variant's memory in a repeat."""
        return self.memory_dir(repeat) / f"{variant_id}.jsonl"

    def repeat_json(self, repeat: int) -> Path:
        """Return the file that makes a repeat count: it is written last."""
        return self.memory_dir(repeat) / "repeat.json"

    def memory_trace_json(self, variant_id: str) -> Path:
        """Return the file of what a traced server told of its allocations; only a leak has one."""
        return self.path / "memory" / "trace" / f"{variant_id}.json"

    def round_dir(self, round_index: int) -> Path:
        """Return the folder of a round, counted from 1."""
        return self.path / "rounds" / f"{round_index:02}"

    def round_json(self, round_index: int) -> Path:
        """Return the file of a round's places, times and process ids."""
        return self.round_dir(round_index) / "round.json"

    def host_jsonl(self, round_index: int) -> Path:
        """Return the file of what was seen of the machine."""
        return self.round_dir(round_index) / "host.jsonl"

    def generator_jsonl(self, round_index: int) -> Path:
        """Return the file of what was seen of the generator's process."""
        return self.round_dir(round_index) / "generator.jsonl"

    def generator_log(self, round_index: int) -> Path:
        """Return the file of what Locust logged."""
        return self.round_dir(round_index) / "generator.log"

    def variant_dir(self, round_index: int, variant_id: str) -> Path:
        """Return the folder of a variant in a round."""
        return self.round_dir(round_index) / variant_id

    def process_jsonl(self, round_index: int, variant_id: str) -> Path:
        """Return the file of what was seen of the server's processes."""
        return self.variant_dir(round_index, variant_id) / "process.jsonl"

    def runtime_jsonl(self, round_index: int, variant_id: str) -> Path:
        """Return the file of what the server's event loop and garbage collector did."""
        return self.variant_dir(round_index, variant_id) / "runtime.jsonl"

    def queries_json(self, round_index: int, variant_id: str) -> Path:
        """Return the file of the database's statement statistics."""
        return self.variant_dir(round_index, variant_id) / "queries.json"

    def counts_json(self, round_index: int, variant_id: str) -> Path:
        """Return the file of what server and database told of themselves."""
        return self.variant_dir(round_index, variant_id) / "counts.json"

    def layers_jsonl(self, round_index: int, variant_id: str) -> Path:
        """Return the file of what the server told of its middleware layers."""
        return self.variant_dir(round_index, variant_id) / "layers.jsonl"

    def server_log(self, round_index: int, variant_id: str) -> Path:
        """Return the file of what the server wrote."""
        return self.variant_dir(round_index, variant_id) / "server.log"

    def seen_dir(self, round_index: int) -> Path:
        """Return the folder in which a scenario notes what it was told was created."""
        return self.round_dir(round_index) / "seen"

    def slice_samples(self, round_index: int, variant_id: str, slice_index: int) -> Path:
        """Return the file of a slice's samples."""
        return self.variant_dir(round_index, variant_id) / "slices" / f"{slice_index:04}.arrow"

    def slice_summary(self, round_index: int, variant_id: str, slice_index: int) -> Path:
        """Return the file of a slice's summary; the slice counts when it is there."""
        return self.slice_samples(round_index, variant_id, slice_index).with_suffix(".json")

    def attempt_dir(self, round_index: int, attempt: int) -> Path:
        """Return where an attempt at a round that was cut short is set aside, laid out like the round."""
        return self.round_dir(round_index) / f"attempt-{attempt}"

    def last_attempt(self, round_index: int) -> int:
        """Return the number of the attempt whose files lie in the round's own folder; 0 if there are none."""
        if not self.round_dir(round_index).is_dir():
            return 0
        return 1 + len(list(self.round_dir(round_index).glob("attempt-*")))

    def write_text(self, path: Path, text: str) -> None:
        """Write a file in one step; see `atomic.write_text`."""
        atomic.write_text(path, text)

    def write_json(self, path: Path, content: object) -> None:
        """Write `content` as JSON in one step.

        Raises:
            ValueError: it holds a NaN or an infinity, which are no JSON.
            MeasurementError: the disk is full, or the file cannot be written.
        """
        atomic.write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    def append_line(self, path: Path, line: str) -> None:
        """Add a line to a file; see `atomic.append_line`."""
        atomic.append_line(path, line)

    def read_json(self, path: Path) -> Any:
        """Return the content of a JSON file of this run.

        Raises:
            MeasurementError: it is missing or damaged.
        """
        try:
            return json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            told = error.strerror if isinstance(error, OSError) else "it is not JSON"
            raise MeasurementError(
                f"Cannot read {path}: {told}.", hint="The run is incomplete or damaged: run it again."
            ) from error

    def read_lines(self, path: Path) -> Iterator[dict[str, Any]]:
        """Yield the objects of a file of JSON lines; none if there is no file, nor a last line cut short."""
        if not path.is_file():
            return
        with path.open(encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    yield json.loads(line)

    @property
    def status(self) -> dict[str, Any]:
        """What status.json says: `state`, `note` and whatever else was written with them."""
        content: dict[str, Any] = self.read_json(self.status_json)
        return content

    def write_status(self, content: Mapping[str, object]) -> None:
        """Say how far the run is: `state`, `note`, and facts beside them."""
        self.write_json(self.status_json, content)

    def write_slice_summary(self, round_index: int, summary: SliceSummary) -> None:
        """Store a slice's summary, which makes the slice count: the samples must be there already."""
        path = self.slice_summary(round_index, summary.variant, summary.slice)
        self.write_json(path, dump_slice_summary(summary))

    def finished_slices(self) -> tuple[tuple[int, SliceSummary], ...]:
        """Return round and summary of every finished slice, in the order of rounds and slices.

        Raises:
            MeasurementError: a summary is damaged.
        """
        found = []
        for path in self.path.glob("rounds/*/*/slices/*.json"):
            content = self.read_json(path)
            try:
                summary = load_slice_summary(content)
            except (KeyError, TypeError) as error:
                raise MeasurementError(
                    f"{path} is no slice summary: {error}.", hint="The run is damaged: run it again."
                ) from error
            found.append((int(path.parts[-4]), summary))
        return tuple(sorted(found, key=lambda entry: (entry[0], entry[1].slice)))
