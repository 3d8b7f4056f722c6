"""Assumptions about AWS that only a deployed stack can settle: `make verify-aws`."""
