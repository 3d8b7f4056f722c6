"""Benchmarks. The layer is importable in them, as it is in a function."""

import sys

from project.template import ROOT

sys.path.insert(0, str(ROOT / "layers" / "common"))
