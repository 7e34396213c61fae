"""Running a command in this process, and scans in shards."""

from tests.conftest import TODAY

QUICK = ("--only", "bandit", "--only", "secrets", "--only", "access")


def scan(run, root, *arguments):
    return run("scan", root, "--offline", "-q", "--today", TODAY, *arguments)


def shards(run, root, folder, total, *arguments):
    """The files of all shards of a scan."""
    folder.mkdir(exist_ok=True)
    files = [folder / f"{index}-{total}.json" for index in range(1, total + 1)]
    for index, file in enumerate(files, 1):
        share = ("--shard", f"{index}/{total}", "--output", f"shard={file}")
        code, said = scan(run, root, *share, *arguments)
        assert (code, said.startswith(f"shard {index} of {total}: ")) == (0, True), said
    return files
