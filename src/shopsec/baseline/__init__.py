"""What was known before: the file that keeps it, and what is new beside it."""
