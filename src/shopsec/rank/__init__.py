"""Priority and what to do first."""
