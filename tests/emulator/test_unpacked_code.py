"""The unpacked code of functions, which their environments share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator.conftest import run

UNPACK = """
import json, os, zipfile
from pathlib import Path
import unpacked_code

# The link of an environment that ends as soon as somebody looks at it.
class Ended(type(Path())):
    def is_symlink(self):
        found = super().is_symlink()
        self.unlink()
        return found

    def readlink(self):
        self.unlink(missing_ok=True)
        return super().readlink()

class Environments:
    def glob(self, _):
        return [Ended("ended")]

os.chdir(unpacked_code._ENVIRONMENTS)
Path("ended").symlink_to("code")
with zipfile.ZipFile("package", "w") as files:
    files.writestr("app.py", "code")
unpacked_code._ENVIRONMENTS = Environments()
Path("folder").mkdir()
unpacked_code.SharedZipFile("package").extractall("folder")
print(json.dumps(os.listdir("folder")))
"""


@pytest.mark.slow
def test_code_is_unpacked_while_another_environment_ends(tmp_path: Path) -> None:
    assert run(UNPACK, TMPDIR=str(tmp_path)) == ["app.py"]
