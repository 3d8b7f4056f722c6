"""Download OpenSearch before the tests start: `python -m local.opensearch`.

Tests time out; downloads must not count.
"""

from __future__ import annotations

import sys

from local.opensearch import search_engine
from local.stack.deployment import StackFailed
from project import maven
from project.commands import CommandFailed

if __name__ == "__main__":
    try:
        if search_engine.given() is None and maven.is_available():
            search_engine.fetch()
    except (CommandFailed, StackFailed) as error:
        sys.exit(str(error))
