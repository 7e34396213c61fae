"""What switches write for yes and no, in environment variables and settings files."""

from typing import Any

ON = frozenset({"1", "true", "yes", "on", "enabled", "y", "t"})
OFF = frozenset({"0", "false", "no", "off", "disabled", "none", "null", "n", "f", ""})


def is_on(value: Any) -> bool:
    """True for a switch that is on, as a YAML or JSON value or as a text: ``true``, "yes", 1."""
    return str(value).strip().lower() in ON
