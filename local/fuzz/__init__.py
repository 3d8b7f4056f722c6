"""Property-based tests of the API: schemathesis sends what the document allows, and what not."""
