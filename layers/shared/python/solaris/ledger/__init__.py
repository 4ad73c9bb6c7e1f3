"""What was used: events, records, counters, booked each once."""
