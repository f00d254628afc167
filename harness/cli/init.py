"""`kpibench init`: the files with which to compare two servers of one's own."""

from importlib import resources
from pathlib import Path

import click

from harness.errors import ExitCode, UsageError

STARTER_FILES = ("load.py", "kpis.yaml")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
def init(folder: Path) -> ExitCode:
    """Write a Locust file and a KPI file to start from into FOLDER; nothing is overwritten."""
    taken = [name for name in STARTER_FILES if (folder / name).exists()]
    if taken:
        raise UsageError(
            f"{folder / taken[0]} exists already.", hint="Give another folder: kpibench init my-check"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in STARTER_FILES:
        text = resources.files("harness.cli").joinpath("starter", name).read_text("utf-8")
        (folder / name).write_text(text, "utf-8")
        click.echo(f"wrote {folder / name}")
    click.echo(
        "Edit both, start your two servers, then:\n"
        "  kpibench compare --before URL --after URL "
        f"--scenario {folder / 'load.py'} --kpis {folder / 'kpis.yaml'} --rate 20 --minutes 5"
    )
    return ExitCode.PASSED
