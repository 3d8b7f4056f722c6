"""Pictures as programs and cameras of others write them, made by the tests."""
