"""memory/<repeat>/<variant>.jsonl -> Checkpoints."""

from harness.errors import MeasurementError
from harness.model.memory import Checkpoint
from harness.store.run_folder import RunFolder


def read_looks(folder: RunFolder, repeat: int, variant_id: str) -> tuple[Checkpoint, ...]:
    """Read the looks at one variant's memory in a repeat, in order; none if there were none.

    Raises:
        MeasurementError: a line is no look.
    """
    path = folder.memory_jsonl(repeat, variant_id)
    try:
        return tuple(Checkpoint(**line) for line in folder.read_lines(path))
    except (TypeError, ValueError) as error:
        raise MeasurementError(f"{path} is damaged: {error}.", hint="Run it again.") from error
