"""The gaps of the emulator that the local stack closes, or that the documentation names."""
