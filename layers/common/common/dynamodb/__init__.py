"""DynamoDB's item format and batch requests, the same for every table."""
