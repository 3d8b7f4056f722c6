"""The `make destroy` command: deletes a stack and the data that it retains."""
