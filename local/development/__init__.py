"""Functions that run from a folder of sources, and not from what was deployed."""
