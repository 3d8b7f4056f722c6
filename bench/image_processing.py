"""The function's own modules, imported as Lambda does."""

import importlib
import sys

from project.template import ROOT

sys.path[:0] = [str(ROOT / "src" / "image_processing"), str(ROOT / "layers" / "common")]

pipeline = importlib.import_module("pipeline")
sandbox = importlib.import_module("sandbox")
process, content_type = pipeline.process, pipeline.content_type
Sandbox, Exhausted, UnusablePicture = sandbox.Sandbox, sandbox.Exhausted, sandbox.UnusablePicture
