"""The baselines: code as tutorials show it, and code as the Powertools documentation shows it."""
