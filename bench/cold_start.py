"""What a cold start pays: imports and clients of each function, and the size of the layer.

Compared with the imports and clients that Powertools documents for such a function, its
packages without bytecode, as plain `sam build` ships them; and with the function itself
without bytecode. boto3 is the runtime's own and has its bytecode where nothing else is said.
"""

from __future__ import annotations

import ast
import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from statistics import median
from sysconfig import get_path
from typing import Any

from bench.batches import ENVIRONMENT
from bench.section import Bar, Section
from local.stack.deployment import BUILD
from project import template
from project.template import ROOT

LAYER = BUILD / "CommonLayer" / "python"
LAYER_MEGABYTES = 14

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
_OF_THE_RUNTIME = [
    "boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3",
]  # fmt: skip

# Clients that only a message that failed for good has made.
_ON_FAILURE = {"dead_letters"}

# Of the documented recipe: what a batch pays is all that waits; the resolver of routes,
# libraries of a function's own, and more than one client cost what no recipe of a batch has.
_BATCH, _WITH_MORE = 0.35, 0.45
_MORE_CLIENTS = {"SearchIndexerFunction"}  # of S3 and of OpenSearch, beside the tables'
_WITHOUT_BYTECODE = 0.5

_PROBE = "import app, sys; print(*(m for m in sys.modules if m.startswith('common.')))"
_TIMED = "import time; t = time.process_time()\n{}\nprint((time.process_time() - t) * 1e3)"


def section(rounds: int) -> Section:
    """A line a function."""
    limits = functions()
    for package in _installed(_OF_THE_RUNTIME):  # what nothing here ever imported has none yet
        if package.is_dir():
            compileall.compile_dir(package, quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder)
        documented = recipe(bare / "documented")
        runtime = _without_bytecode(bare / "runtime", _installed(_OF_THE_RUNTIME))
        layer = _without_bytecode(bare / "layer", LAYER.iterdir())
        cases: dict[tuple[str, str], tuple[str, list[Path]]] = {}
        for name in limits:
            script = _init(name)
            own = _without_bytecode(bare / name, (BUILD / name).iterdir())
            cases[name, "recipe"] = documented
            cases[name, "as built"] = script, [BUILD / name, LAYER]
            cases[name, "ours bare"] = script, [own, layer]
            cases[name, "all bare"] = script, [own, layer, runtime]
        times: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
        for _ in range(rounds):
            for case, (script, folders) in cases.items():
                times[case].append(milliseconds(script, folders))
    return _section(limits, times, rounds)


def _section(
    limits: Mapping[str, float], times: Mapping[tuple[str, str], list[float]], rounds: int
) -> Section:
    all_recipes = median(chain.from_iterable(times[name, "recipe"] for name in limits))
    rows: list[tuple[str, ...]] = [("documented recipe", f"{all_recipes:.0f}", "100%", "", "")]
    bars = []
    for name, of_recipe in limits.items():
        built = times[name, "as built"]
        # Of each round's own neighbours: a machine that slows down for a while slows them all.
        shares = [
            median(a / b for a, b in zip(built, times[name, other], strict=True))
            for other in ("recipe", "ours bare", "all bare")
        ]
        rows.append((name, f"{median(built):.0f}", *(f"{share:.0%}" for share in shares)))
        bars.append(Bar(f"{name} of the recipe", shares[0], of_recipe, slack=0.25))
        bars.append(
            Bar(f"{name} of itself without bytecode", shares[2], _WITHOUT_BYTECODE, slack=0.3)
        )
    size = sum(file.stat().st_size for file in LAYER.rglob("*") if file.is_file()) / 1e6
    bars.append(Bar("MB of the layer, unzipped", size, LAYER_MEGABYTES))
    return Section(
        "Init",
        "Imports and clients of each function as built, in fresh processes: CPU time, medians "
        f"of {rounds} rounds; a share is one of neighbours in time. The recipe is what Powertools "
        "documents for a batch (Logger, Tracer, Metrics, batch, idempotency, parser and a boto3 "
        "resource), its packages as plain `sam build` ships them, without bytecode. A function is "
        "also compared with itself without bytecode: of all that we ship, and of boto3 as well, "
        "which a function that packs its own pays too.",
        ("", "ms", "of the recipe", "of ours without bytecode", "of all without bytecode"),
        rows,
        bars,
    )


def recipe(folder: Path) -> tuple[str, list[Path]]:
    """The documented recipe, and where its packages are: in the folder, without bytecode."""
    return _DOCUMENTED, [_without_bytecode(folder, _installed(_OF_DOCUMENTED))]


def functions() -> dict[str, float]:
    """The functions of the template, and what share of the recipe each may come to."""
    found = {}
    for name, resource in template.raw()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            events: Any = properties.get("Events", {}).values()
            serves = any(event["Type"] in ("Api", "HttpApi") for event in events) or not events
            packs = (ROOT / properties["CodeUri"] / "requirements.txt").exists()
            more = serves or packs or name in _MORE_CLIENTS
            found[name] = _WITH_MORE if more else _BATCH
    return found


def _init(function: str) -> str:
    """What a cold start of the function does: the imports, and every client that it needs."""
    folder = BUILD / function
    probed = run(_PROBE, [folder, LAYER]).stdout.split()
    modules = [module.removeprefix("common.") for module in probed]
    sources = [
        *(
            file
            for file in folder.rglob("*.py")
            if (ROOT / _code(function) / file.relative_to(folder)).exists()
        ),
        *(LAYER / "common" / f"{m}.py" for m in modules if m not in _ON_FAILURE),
    ]
    text = "\n".join(source.read_text() for source in sources if source.exists())
    made = [name for name in _factories() if re.search(rf"\baws\.{name}\(\)", text)]
    clients = "".join(f"\naws.{name}()" for name in made)
    return f"import app\nfrom common import aws{clients}"


def _code(function: str) -> str:
    code: str = template.raw()["Resources"][function]["Properties"]["CodeUri"]
    return code


def _factories() -> list[str]:
    """The names of the functions of `common.aws` that make clients."""
    tree = ast.parse((LAYER / "common" / "aws.py").read_text())
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator) == "cache" for decorator in node.decorator_list)
    ]


def milliseconds(script: str, folders: Sequence[Path]) -> float:
    """CPU time of the script in a fresh process that imports from these folders."""
    return float(run(_TIMED.format(script), folders).stdout.splitlines()[-1])


def run(script: str, folders: Sequence[Path], *options: str) -> subprocess.CompletedProcess[str]:
    """The script in a fresh process that imports from these folders."""
    environment = ENVIRONMENT | {
        "LIVE_URL": "wss://live.example/v1",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": folders[0].as_posix(),  # or the X-Ray SDK sets up a sampler of its own
    }
    return subprocess.run(
        [sys.executable, *options, "-c", script],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )


def _installed(names: Sequence[str]) -> list[Path]:
    return [Path(get_path("purelib")) / name for name in names]


def _without_bytecode(folder: Path, sources: Any) -> Path:
    folder.mkdir()
    for source in sources:
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source, folder / source.name, ignore=ignored)
        else:
            shutil.copy(source, folder)
    return folder
