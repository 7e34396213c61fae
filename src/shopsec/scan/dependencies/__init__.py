"""Known vulnerabilities in the packages a repository pins."""
