"""`make watch`: changes of the sources reach the running local stack at once."""
