"""Credentials in files.

``detect_secrets`` is the scanner; it hands file names to child processes (``worker``) through
``conversation``. A worker opens (``reading``) and searches (``search``) one file after the other;
what it answers (``protocol``) holds no value of a secret.
"""
