"""The function's own modules, imported as Lambda does."""

import importlib
import sys

from project.template import ROOT

sys.path[:0] = [str(ROOT / "src" / "image_processing"), str(ROOT / "layers" / "common")]

process = importlib.import_module("pipeline").process
Sandbox = importlib.import_module("sandbox").Sandbox
