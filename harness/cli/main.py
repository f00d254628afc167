"""The command `kpibench`: COMMANDS says what exists; errors and exit codes are settled here."""

import signal
import sys
from importlib.metadata import version
from types import FrameType
from typing import NoReturn

import click

from harness.cli.analyze import analyze
from harness.cli.capacity import capacity
from harness.cli.compare import compare
from harness.cli.doctor import doctor
from harness.cli.gate import gate
from harness.cli.history import history
from harness.cli.init import init
from harness.cli.list import list_
from harness.cli.report import report
from harness.cli.run import run
from harness.cli.serve import serve
from harness.cli.worker import worker
from harness.errors import ExitCode, KpibenchError

COMMANDS = (run, compare, worker, capacity, doctor, serve, analyze, gate, report, history, init, list_)


class _InOrder(click.Group):
    """A group whose help lists the commands in the order in which a newcomer meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  - click's signature
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("kpibench"), prog_name="kpibench")
def kpibench() -> None:
    """Prove or disprove the claim "we made the backend faster".

    \b
    Start here:
      kpibench run quick       before against after on the reference backend, three minutes
      kpibench compare --help  the same on two servers of yours

    \b
    Exit codes: 0 passed, 1 crash, 2 bad usage or file, 3 inconclusive or no data,
    4 invalid measurement, 99 a KPI is missed, 130 interrupted.
    """  # noqa: D301  - \b is click's mark for lines that are not to be wrapped


for command in COMMANDS:
    kpibench.add_command(command)


def main() -> NoReturn:
    """Run the command line and exit with the verdict's code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    sys.exit(_run())


def _run() -> int:
    try:
        result = kpibench.main(prog_name="kpibench", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("kpibench: interrupted.", err=True)
        return ExitCode.INTERRUPTED
    except KpibenchError as error:
        click.echo(f"kpibench: {error}", err=True)
        return error.exit_code
    return int(result or ExitCode.PASSED)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
