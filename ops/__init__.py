"""Command-line tools for operators. Each one is a make target."""
