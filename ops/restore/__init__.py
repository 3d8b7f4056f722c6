"""`make restore`: the data of a stack, as they were at a time, in a fresh stack."""
