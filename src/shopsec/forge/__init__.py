"""Forges that show what a scan found, for the action and the template to call."""
