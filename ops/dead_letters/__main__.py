"""Entry point of `make dlq`."""

import sys

from ops.dead_letters.command import main

sys.exit(main())
