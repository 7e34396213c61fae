"""Where schemas of other people's formats lie."""

from pathlib import Path

GITLAB_SCHEMAS = Path(__file__).parent / "gitlab-schemas-15.2.1"
