"""Entry point of `python -m reference_app`."""

import sys

from reference_app.cli import main

sys.exit(main())
