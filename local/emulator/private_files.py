"""A change to the emulator's files: only their owner can read them, such as the signing keys.

Upstream: no, the umask belongs to whoever starts a server.
"""

import os

os.umask(0o077)
