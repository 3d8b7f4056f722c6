"""The heaviest case of each function, run in a process of its own with the function's memory."""
