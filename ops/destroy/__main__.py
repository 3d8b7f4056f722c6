"""Entry point of `make destroy`."""

import sys

from ops.destroy.command import main

sys.exit(main())
