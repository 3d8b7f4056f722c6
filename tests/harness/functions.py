"""Functions that tests create at an emulator."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import Any


def create_function(lambda_client: Any, code: str, role: str, **settings: Any) -> str:
    """Create a function with this module and the role with this ARN. Returns its name."""
    archive, name = io.BytesIO(), f"function-{uuid.uuid4()}"
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", code)
    lambda_client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
        **settings,
    )
    return name
