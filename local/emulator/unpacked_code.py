"""A change to the emulator's Lambda: the environments of a function share its unpacked code.

The emulator unpacks the function and its layer for each environment, which are more than a thousand
files, and deletes them with it. That takes longer than the rest of a cold start.

Upstream: no, functions of others may write to the folder of their code.
"""

import hashlib
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime

_ENVIRONMENTS = Path(tempfile.gettempdir())
_UNPACKED = _ENVIRONMENTS / "unpacked"
_lock = threading.Lock()


class SharedZipFile(zipfile.ZipFile):
    """A package of code. It is unpacked once, and all environments have links to that."""

    def namelist(self) -> list[str]:
        """Return nothing to check: unpacking leaves out what leads out of the folder."""
        return []

    def extractall(self, path: Any, *_: Any) -> None:
        """Replace the empty folder by a link to the unpacked code, and delete the package."""
        package, folder = Path(str(self.filename)), Path(path)
        unpacked = _UNPACKED / hashlib.sha256(package.read_bytes()).hexdigest()
        with _lock:
            if not unpacked.exists():
                _UNPACKED.mkdir(exist_ok=True)
                _delete_unused()
                incomplete = tempfile.mkdtemp(dir=_UNPACKED)
                super().extractall(incomplete, super().namelist())
                Path(incomplete).rename(unpacked)
            folder.rmdir()
            folder.symlink_to(unpacked)
        package.unlink()


def _delete_unused() -> None:
    """Delete the code that no environment has, for example because it was deployed again."""
    used = set(map(_target, _ENVIRONMENTS.glob("ministack-lambda-*/*")))
    for each in _UNPACKED.iterdir():
        if each not in used:
            shutil.rmtree(each)


def _target(path: Path) -> Path | None:
    """Return where a link leads. An environment may be ended meanwhile, with its links."""
    try:
        return path.readlink()
    except OSError:
        return None


lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZipFile})
