"""The local stack: the emulator, the template deployed to it, and the gateway."""
