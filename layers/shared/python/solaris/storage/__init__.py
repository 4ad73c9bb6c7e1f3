"""DynamoDB and SQS: the models, the conditional writes and the queue."""
