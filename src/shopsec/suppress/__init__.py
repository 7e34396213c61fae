"""Decisions to live with a result for a while, with a reason, an owner and a last day."""
