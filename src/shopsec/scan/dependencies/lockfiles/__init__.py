"""Lockfile formats: each module has a pure ``parse(text) -> Lockfile``."""
