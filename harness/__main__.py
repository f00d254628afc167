"""`python -m harness` is `kpibench`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  - this line is for the Python that is too old
    sys.stderr.write(
        "kpibench: Python {}.{} is too old: 3.11 or newer is needed.\n"
        "Name a newer one: python3.11 -m harness\n".format(*sys.version_info[:2])
    )
    sys.exit(2)

from harness.cli.main import main

main()
