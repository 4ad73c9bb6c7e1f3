"""SQS, S3 and SES of one machine, as this project uses them: SQLite files and a folder."""
