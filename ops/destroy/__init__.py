"""The `make destroy` command: a stack, and the data that it retains."""
