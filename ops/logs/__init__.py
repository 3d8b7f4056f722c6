"""The logs of the functions: `make logs`, and what they say of one ID: `make trace`."""
