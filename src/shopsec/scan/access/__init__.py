"""Access and deployment policies over parsed configuration files."""
