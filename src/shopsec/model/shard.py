"""Words of scans in shards that several parts of the program must agree on."""

SHARD_SCHEMA = "shopsec-shard-1"
"""What the result of a shard calls itself."""
SHARD_START = b'{"schema": "shopsec-shard-1", '
"""How the result of a shard begins, by which it is told from files of a shop."""
SHARDS = "shards"
"""The ledger's name for the shards of a scan, where some are missing."""
