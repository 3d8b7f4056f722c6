"""`make debug`: one function of the running local stack waits for a debugger."""
