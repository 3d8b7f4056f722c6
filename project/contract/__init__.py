"""The contract of the API: documents that are written from docs/contract and the code's schemas."""

import os
import sys

from project import functions
from project.template import ROOT

# The schemas are in the layer and in the functions. Powertools reads the namespace on import.
if (layer := str(ROOT / "layers" / "common")) not in sys.path:
    sys.path.insert(0, layer)
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", functions.STACK)
