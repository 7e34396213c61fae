"""Credentials in files."""
