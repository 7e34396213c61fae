"""What a finding is known by, and what a report may show of its place."""
