"""`python -m reports html|terminal RUN_DIR`."""

import sys

from reports.command_line import main

sys.exit(main())
