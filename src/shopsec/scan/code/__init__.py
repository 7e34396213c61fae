"""Static analysis of source code."""
