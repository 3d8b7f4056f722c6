"""Entry point of `make restore`."""

import sys

from ops.restore.command import main

sys.exit(main())
