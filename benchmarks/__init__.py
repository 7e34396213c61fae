"""Measurements, run by hand; each script says how."""
