"""`trivy config` on copies of a repository's Dockerfiles, manifests, charts and Terraform."""

import os
from dataclasses import replace

from shopsec.errors import ScannerError
from shopsec.model import Area, Database, Status
from shopsec.scan.base import Ledger, Outcome, Readiness, Target
from shopsec.scan.containers.config_copies import Copies, copy_files, count_files
from shopsec.scan.containers.misconfigurations import (
    SCANNER,
    ConfigAnswer,
    ConfigFindings,
    read_answer,
)
from shopsec.scan.containers.trivy import (
    Bounds,
    Trivy,
    TrivyUnusableError,
    check,
    locate,
    not_scanned,
)
from shopsec.scan.host import Host

# All that Trivy can check but plans of Terraform (made of files we see anyway) and Ansible.
_CHECKS = "azure-arm,cloudformation,dockerfile,helm,kubernetes,terraform"
_NEXT_STEP = "see the reasons; exclude = [...] in shopsec.toml leaves files out"
# Nothing listens on the port "discard".
_NOWHERE = "http://127.0.0.1:9"


class TrivyConfig:
    """Finds misconfigurations of containers and of what runs them."""

    name = SCANNER
    area = Area.CONTAINERS

    def scan(self, target: Target, host: Host) -> Outcome:
        """Scan every file Trivy has checks for; never uses the network."""
        ledger = Ledger(self.name, self.area)
        with host.private_folder() as folder:
            copies = copy_files(os.path.join(folder, "copies"), target, host, ledger)
            if not ledger.handed_in:
                return Outcome(ledger.close())
            ledger.next_step = _NEXT_STEP
            if not copies.handed_in:
                return Outcome(ledger.close())
            try:
                trivy = locate(host)
            except TrivyUnusableError as error:
                items = [copy.file.as_item() for copy in copies.handed_in.values()]
                return not_scanned(ledger, items, error)
            ledger.version = trivy.version
            ledger.databases = (Database(name=f"the checks within Trivy {trivy.version}"),)
            try:
                answer = _ask(trivy, copies, folder, target)
            except ScannerError as error:
                return _failed(ledger, copies, error.message)
        return _outcome(ledger, copies, read_answer(answer, copies))

    def check(self, target: Target, host: Host) -> Readiness:
        """Look for Trivy; what it compares with is within it."""
        count = count_files(target, host)
        status = Status.SUCCEEDED if count else Status.NOT_APPLICABLE
        found = check(host, Readiness(self.name, self.area, status, "files", count))
        if found.version is not None:
            database = Database(name=f"the checks within Trivy {found.version}")
            found = replace(found, databases=(database,))
        return found


def _ask(trivy: Trivy, copies: Copies, folder: str, target: Target) -> ConfigAnswer:
    limits = target.settings.limits
    # Without an own empty cache, an old bundle of checks there would be used.
    arguments = [
        "config", "--skip-check-update", "--cache-dir", os.path.join(folder, "cache"),
        "--misconfig-scanners", _CHECKS, "--include-non-failures", copies.folder,
    ]  # fmt: skip
    answer, _ = trivy.ask(
        ConfigAnswer,
        arguments,
        folder,
        Bounds(limits.scanner_seconds, limits.output_bytes),
        _without_network(folder),
    )
    return answer


def _without_network(folder: str) -> dict[str, str]:
    """Variables that keep Trivy from fetching the Terraform modules that files name.

    It has no flag for that (0.76). It does so with git and by HTTPS, and keeps what it got in
    TMPDIR/.aqua: a file in that place makes it give up before it asks. Only a registry of modules
    is asked first, by HTTPS, through a proxy that is not there and without any certificate to
    trust.
    """
    temporary = os.path.join(folder, "tmp")
    os.mkdir(temporary)
    empty = os.path.join(temporary, ".aqua")
    with open(empty, "xb"):
        pass
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    return {
        **dict.fromkeys(proxies, _NOWHERE),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
        **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), temporary),
        "SSL_CERT_FILE": empty,
        "SSL_CERT_DIR": temporary,
        "PATH": "",
    }


def _failed(ledger: Ledger, copies: Copies, reason: str) -> Outcome:
    for copy in copies.handed_in.values():
        ledger.miss(copy.file.as_item(), reason)
    ledger.next_step = "run again; [limits] in shopsec.toml says what it may take"
    return Outcome(ledger.close(reason, Status.FAILED))


def _outcome(ledger: Ledger, copies: Copies, found: ConfigFindings) -> Outcome:
    handed_in = copies.handed_in
    for target, reason in found.missed.items():
        ledger.miss(handed_in[target].file.as_item(), reason)
    ledger.handed_in -= found.empty_templates
    ledger.exclude("chart templates that give nothing by default", found.empty_templates)
    nothing = bool(found.missed) and len(found.missed) == len(handed_in)
    return Outcome(
        ledger.close(
            "Trivy had no answer for any file" if nothing else "",
            Status.FAILED if nothing else None,
        ),
        found.findings,
        found.rules,
    )
