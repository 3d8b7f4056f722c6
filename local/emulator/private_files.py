"""A change to the emulator's files: only their owner can read them, such as the signing keys."""

import os

os.umask(0o077)
