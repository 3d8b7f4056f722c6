"""The command that renames the project."""
