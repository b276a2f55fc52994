"""The only joining part: reads, decides, records."""
