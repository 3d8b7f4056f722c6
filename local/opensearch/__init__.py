"""OpenSearch for the local stack."""
