"""Run ministack with the gaps closed that would otherwise bend the template.

It runs in the emulator's own environment, not in the project's.
"""

# What these mend they mend at import, and so before the emulator's app takes it over.
import cognito  # noqa: F401
import partiql  # noqa: F401
import permissions  # noqa: F401
import queues  # noqa: F401
import streams  # noqa: F401
from ministack.app import main

import live  # noqa: F401

main()
