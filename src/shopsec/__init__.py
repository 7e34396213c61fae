"""shopsec tells a small web-shop team what to fix first."""

__version__ = "0.1.0"
