"""Run ministack with changes that make it behave like AWS where the template depends on it.

This code runs in the emulator's own virtual environment, not in the project's.
"""

# An import applies the changes. These must be applied before the emulator's app is imported.
# The first one must come before any import of the emulator, which writes a key.
import private_files  # noqa: F401, I001
import root_user  # noqa: F401
import chaos
import cognito  # noqa: F401
import cognito_triggers  # noqa: F401
import development  # noqa: F401
import environments  # noqa: F401
import function_logs  # noqa: F401
import partiql  # noqa: F401
import permissions  # noqa: F401
import queue_mappings  # noqa: F401
import queues  # noqa: F401
import streams  # noqa: F401
import unpacked_code  # noqa: F401
from ministack import app
from signers import answer_the_gateway

import identity  # noqa: F401
import live  # noqa: F401

answer_the_gateway()
chaos.begin()
app.main()
