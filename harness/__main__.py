"""`python -m harness` is `kpibench`."""

import sys

if sys.version_info < (3, 11):
    sys.exit(  # type: ignore[unreachable]  # this line is for the Python that is too old
        "kpibench: Python %d.%d is too old: 3.11 or newer is needed.\nRun it with a newer one: python3.11 -m harness"
        % sys.version_info[:2]
    )

from harness.cli.main import main

main()
