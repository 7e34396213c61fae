"""What action.yml calls to keep one comment a path at a pull request up to date.

Nothing here fails the job: the gate decides.
"""

import os
from pathlib import Path

from shopsec.forge.comment import RefusedError, keep_up
from shopsec.forge.github import PullRequest


def main() -> None:
    """Post the comment of each report."""
    names = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "NUMBER", "TOKEN")
    pull_request = PullRequest(*(os.environ[name] for name in names))
    for folder in os.environ["REPORT_FOLDERS"].splitlines():
        try:
            print(f"shopsec: comment {keep_up(pull_request, Path(folder))}")
        except RefusedError as error:
            number = os.environ["NUMBER"]
            print(f"::warning title=shopsec::No comment at pull request {number}. {error}.")
            return


if __name__ == "__main__":
    main()
