"""Reading a report that a scan wrote with ``--output json=FILE``."""

import json
from pathlib import Path

from pydantic import ValidationError

from shopsec.errors import UsageError
from shopsec.model import Report, Result

REPORT_SCHEMA = "shopsec-report-1"
"""What a JSON report calls itself."""
_LARGEST = 500_000_000
_HINT = "write one with: shopsec scan --output json=FILE"


def read_report(path: Path) -> Report:
    """The report in a file; UsageError where it holds none of this version."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
        document = json.loads(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", _HINT) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is no JSON report", _HINT) from error
    if not isinstance(document, dict) or document.get("schema") != REPORT_SCHEMA:
        raise UsageError(f"{path}: is no JSON report of shopsec", _HINT)
    values = {name: document[name] for name in Report.model_fields if name in document}
    try:
        return Report.model_validate_json(json.dumps(values))
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UsageError(f"{path}: {place} is not as this version writes it", _HINT) from error


def result_of(report: Report, start: str) -> Result:
    """The one result whose fingerprint starts so; UsageError where there is none, or several."""
    found = [each for each in report.results if each.finding.fingerprint.startswith(start.lower())]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"no result has the fingerprint {start}", "is it from another report?")
    names = ", ".join(sorted(each.finding.fingerprint for each in found)[:5])
    raise UsageError(f"{len(found)} results have fingerprints that begin with {start}", names)
