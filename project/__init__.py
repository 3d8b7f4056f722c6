"""What tests, benchmarks and local tools share."""
