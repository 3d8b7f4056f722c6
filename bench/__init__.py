"""Benchmarks. The shared layer is importable here, as it is in a function."""

import sys

from project.template import ROOT

sys.path.insert(0, str(ROOT / "layers" / "common"))

import os

# Powertools reads it when the layer is imported, before a benchmark sets the environment of a
# function.
os.environ["POWERTOOLS_METRICS_NAMESPACE"] = "bench"
