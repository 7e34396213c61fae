"""What is in a container image's archive, read without any engine and never unpacked to disk."""
