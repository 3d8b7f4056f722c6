"""Benchmarks. The shared layer is importable here, as it is in a function."""

import sys

from project.template import ROOT

sys.path.insert(0, str(ROOT / "layers" / "common"))
