"""What was used, summed: statistics, reports, forecast."""
