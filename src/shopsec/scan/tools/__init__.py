"""Programs that shopsec fetches for its scanners: installing them, and where they then are."""
