"""Command-line tools for operators. Each one is a make target.

The shared layer is importable here, as it is in a function.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "layers" / "common"))
