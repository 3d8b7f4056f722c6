"""The `make dlq` command, and the queues and buckets that it reads."""
