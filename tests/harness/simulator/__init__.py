"""Simulated event sources and services of AWS, in memory, with a simulated clock.

They are true to the guides where it matters to an order: what is delivered again, when, how
often, in what company, and where it ends. The real handlers run in them.
"""
