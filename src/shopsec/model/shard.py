"""How the result of a shard begins, by which it is told from files of a shop."""

SHARD_SCHEMA = "shopsec-shard-1"
SHARD_START = b'{"schema": "shopsec-shard-1", '
