"""`kpibench init`: the files with which to compare two servers of one's own."""

from importlib import resources
from pathlib import Path

import click

from harness.errors import ExitCode, UsageError

STARTER_FILES = {
    "load.py": ("harness.cli", "starter/load.py"),
    "kpis.yaml": ("harness.cli", "starter/kpis.yaml"),
    "kpis.schema.json": ("harness.gates", "kpi_file.schema.json"),
    "kpibench_memory.py": ("harness.probe", "mount/kpibench_memory.py"),
    "kpibench_runtime.py": ("harness.probe", "mount/kpibench_runtime.py"),
}
"""Name of each file, and where it lies here."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
def init(folder: Path) -> ExitCode:
    """Write a Locust file, a KPI file and two probes to mount into FOLDER; nothing is overwritten."""
    taken = [name for name in STARTER_FILES if (folder / name).exists()]
    if taken:
        raise UsageError(
            f"{folder / taken[0]} exists already.", hint="Give another folder: kpibench init my-check"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, (package, place) in STARTER_FILES.items():
        text = resources.files(package).joinpath(place).read_text("utf-8")
        (folder / name).write_text(text, "utf-8")
        click.echo(f"wrote {folder / name}")
    click.echo(
        "Edit the first two, start your two servers, then:\n"
        "  kpibench compare --before URL --after URL "
        f"--scenario {folder / 'load.py'} --kpis {folder / 'kpis.yaml'} --rate 20 --minutes 5"
    )
    return ExitCode.PASSED
