"""The side of a function that the API sees."""
