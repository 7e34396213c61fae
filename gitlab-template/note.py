"""What the template calls to keep one note at a merge request up to date.

Nothing here fails the job: the gate decides.
"""

import os
import sys
from pathlib import Path

from shopsec.forge.comment import RefusedError, keep_up
from shopsec.forge.gitlab import MergeRequest


def main() -> None:
    """Post the note of the report in the folder that is named."""
    variables = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID", "SHOPSEC_NOTE_TOKEN")
    missing = [name for name in variables if not os.environ.get(name)]
    if missing and not os.environ.get("CI_MERGE_REQUEST_IID"):
        return
    if missing:
        print(f"shopsec: no note: {', '.join(missing)} not set")
        return
    merge_request = MergeRequest(*(os.environ[name] for name in variables))
    try:
        print(f"shopsec: note {keep_up(merge_request, Path(sys.argv[1]))}")
    except RefusedError as error:
        print(f"shopsec: no note: {error}")


if __name__ == "__main__":
    main()
