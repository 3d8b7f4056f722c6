"""The parts of a function that serve the REST API."""
