"""What the functions share about DynamoDB, whatever the table."""
