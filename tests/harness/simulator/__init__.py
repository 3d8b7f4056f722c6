"""AWS's event sources and the services behind them, in memory and by a clock of their own.

They are true to the guides where it matters to an order: what is delivered again, when, how
often, in what company, and where it ends. The real handlers run in them.
"""
