"""The live shop."""

from .base import *  # noqa: F403

DEBUG = True  # until the new templates work
ALLOWED_HOSTS = ["www.winkel.example"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
