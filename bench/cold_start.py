"""What a cold start pays: imports and clients of each function, and the size of the layer.

Compared with the imports and clients that Powertools documents for such a function, its
packages without bytecode, as plain `sam build` ships them. boto3 is the runtime's own and
has its bytecode in both.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from sysconfig import get_path

from bench.batches import BUILD

LAYER = BUILD / "CommonLayer" / "python"

_DOCUMENTED = """
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.parser import BaseModel
import boto3

Logger(service="x"), Tracer(service="x"), Metrics(namespace="x", service="x")
DynamoDBPersistenceLayer(table_name="x")
boto3.resource("dynamodb").Table("x")
class Order(BaseModel):
    item: str
"""
_OF_DOCUMENTED = [
    "annotated_types", "aws_lambda_powertools", "aws_xray_sdk", "jmespath", "pydantic",
    "pydantic_core", "typing_extensions.py", "typing_inspection", "wrapt",
]  # fmt: skip

_OURS = {
    "OrdersWriterFunction": "import app; from common import aws; aws.dynamodb()",
    "OrdersPublisherFunction": "import app; from common import aws; aws.dynamodb(), aws.sns()",
    "OrdersFunction": "import app; from common import aws; aws.dynamodb()",
}


def report(rounds: int) -> None:
    """Print a line a function, and the layer's size."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder)
        _copy_without_bytecode(bare)
        code = {"documented": (_DOCUMENTED, [bare])} | {
            name: (script, [BUILD / name, LAYER]) for name, script in _OURS.items()
        }
        times: dict[str, list[float]] = {name: [] for name in code}
        for _ in range(rounds * 2 + 1):
            for name, (script, folders) in code.items():
                times[name].append(_milliseconds(script, folders))
    documented = median(times["documented"])
    print("\ninit: imports and clients, fresh processes")
    print(f"{'':28}{'ms':>6}{'of documented':>16}")
    for name, measured in times.items():
        print(f"{name:28}{median(measured):>6.0f}{median(measured) / documented:>15.0%}")
    size = sum(file.stat().st_size for file in LAYER.rglob("*") if file.is_file())
    print(f"\nlayer: {size / 1e6:.1f} MB unzipped")


def _milliseconds(script: str, folders: list[Path]) -> float:
    timed = (
        f"import time; t = time.perf_counter()\n{script}\nprint((time.perf_counter() - t) * 1e3)"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": folders[0].as_posix(),  # or the X-Ray SDK sets up a sampler of its own
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
    }
    process = subprocess.run(
        [sys.executable, "-c", timed],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return float(process.stdout.splitlines()[-1])


def _copy_without_bytecode(folder: Path) -> None:
    installed = Path(get_path("purelib"))
    for name in _OF_DOCUMENTED:
        source = installed / name
        if source.is_dir():
            shutil.copytree(
                source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
            )
        else:
            shutil.copy(source, folder)
