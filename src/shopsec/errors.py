"""The one tree of errors that a person can cause and mend."""


class ShopsecError(Exception):
    """Something the user can act on.

    ``message`` names the file and, where there is one, the line; ``hint`` is the next step.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ShopsecError):
    """An argument that cannot be used (a path that is no folder, an unknown scanner)."""


class ConfigError(ShopsecError):
    """shopsec.toml or [tool.shopsec] cannot be read or does not fit its schema."""


class BaselineError(ShopsecError):
    """The baseline cannot be used; never ignored, for it decides what is new."""


class PolicyError(ShopsecError):
    """A file under policies/, or a team's own pack, cannot be used."""


class OutputError(ShopsecError):
    """A report could not be written; the file that was there before is untouched."""


class ScannerError(ShopsecError):
    """A scanner could not finish. Never ends the run: it becomes coverage."""


class RefreshError(ShopsecError):
    """What scans compare with could not be refreshed; what was there before is untouched."""

    exit_code = 3


class InstallError(ShopsecError):
    """A tool could not be installed; the one that was there before is untouched."""

    exit_code = 3
