"""What a function does in Lambda's INIT phase, as a script, and how to run such a script."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from sysconfig import get_path

from bench.implementations import ENVIRONMENT, LAYER
from local.stack.builds import BUILD
from project import template
from project.functions import environment
from project.functions import functions as function_names
from project.template import ROOT

RUNTIME_PACKAGES = [
    "boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3",
]  # fmt: skip
"""What Lambda's Python runtime brings."""

_RECIPE = """
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
_RECIPE_PACKAGES = [
    "annotated_types", "aws_lambda_powertools", "aws_xray_sdk", "jmespath", "pydantic",
    "pydantic_core", "typing_extensions.py", "typing_inspection", "wrapt",
]  # fmt: skip

# Modules of the layer whose clients are made only when a message has failed for good.
_USED_ON_FAILURE = {"dead_letters"}

_LIST_MODULES = "import app, sys; print(*(m for m in sys.modules if m.startswith('common.')))"
_TIMED = "import time; t = time.process_time()\n{}\nprint((time.process_time() - t) * 1e3)"


def functions() -> list[str]:
    """The logical ids of the template's functions."""
    return [
        name
        for name, resource in template.raw()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def on_all_cores[T](measure: Callable[[str], T]) -> list[T]:
    """Measure each function, in the order of `functions`, in as many threads as there are cores."""
    with ThreadPoolExecutor(os.process_cpu_count()) as pool:
        return list(pool.map(measure, functions()))


def init_script(function: str) -> str:
    """Imports the function and makes every client that it needs."""
    folder = BUILD / function
    modules = run_script(_LIST_MODULES, [folder, LAYER]).stdout.split()
    names = [module.removeprefix("common.") for module in modules]
    sources = [
        *(
            file
            for file in folder.rglob("*.py")
            if (code_folder(function) / file.relative_to(folder)).exists()
        ),
        *(
            LAYER / "common" / f"{name.replace('.', '/')}.py"
            for name in names
            if name not in _USED_ON_FAILURE
        ),
    ]
    text = "\n".join(source.read_text() for source in sources if source.exists())
    used = [name for name in _client_factories() if re.search(rf"\baws\.{name}\(\)", text)]
    clients = "".join(f"\naws.{name}()" for name in used)
    return f"import app\nfrom common import aws{clients}"


def recipe(folder: Path) -> tuple[str, list[Path]]:
    """The script of the Powertools recipe, and the folders that it imports from.

    Its packages are copied into `folder`, without bytecode.
    """
    return _RECIPE, [copy_without_bytecode(folder, installed(_RECIPE_PACKAGES))]


def code_folder(function: str) -> Path:
    """The function's folder in `src`."""
    code: str = template.raw()["Resources"][function]["Properties"]["CodeUri"]
    return ROOT / code


def _client_factories() -> list[str]:
    """The names of the functions of `common.aws` that make clients."""
    tree = ast.parse((LAYER / "common" / "aws.py").read_text())
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator) == "cache" for decorator in node.decorator_list)
    ]


def cpu_milliseconds(script: str, folders: Sequence[Path]) -> float:
    """The CPU time of the script in a fresh process that imports from these folders."""
    return float(run_script(_TIMED.format(script), folders).stdout.splitlines()[-1])


def run_script(
    script: str, folders: Sequence[Path], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the script in a fresh process that imports from these folders."""
    variables = _environment() | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": folders[0].as_posix(),  # else the X-Ray SDK starts its own sampler
    }
    return subprocess.run(
        [sys.executable, *options, "-c", script],
        env=variables,
        capture_output=True,
        check=True,
        text=True,
    )


@cache
def _environment() -> dict[str, str]:
    """The variables of all functions, so that a new function finds its own as well."""
    variables: dict[str, str] = {}
    for name in function_names():
        variables |= environment(name)
    return variables | ENVIRONMENT | {"LIVE_URL": "wss://live.example/v1"}


def installed(names: Sequence[str]) -> list[Path]:
    """Where these packages of this Python are installed."""
    return [Path(get_path("purelib")) / name for name in names]


def copy_without_bytecode(folder: Path, sources: Iterable[Path]) -> Path:
    """Copy files and folders into a new folder, without bytecode. Returns the new folder."""
    folder.mkdir()
    for source in sources:
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source, folder / source.name, ignore=ignored)
        else:
            shutil.copy(source, folder)
    return folder
