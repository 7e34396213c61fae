"""Raising what a manifest asks for: text in, text out, one pure module a format."""
