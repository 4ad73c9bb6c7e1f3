"""What a request asks: its body, its media, how many tokens it may cost."""
