"""Scanners: each turns the inventory into findings and its own entry in the ledger."""
