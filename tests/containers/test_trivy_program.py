"""Which Trivy is run: the named one, the installed one, the one on PATH; never the shop's own."""

import os
from pathlib import Path

import pytest

from shopsec.model import Status
from shopsec.scan.containers.trivy import TrivyUnusableError, locate
from shopsec.scan.host import Host
from shopsec.scan.tools.installed import put
from tests.installing.releases import program
from tests.tools import need


@pytest.fixture
def machine(tmp_path, no_trivy):
    """A host for an empty shop on a machine without Trivy."""
    shop = tmp_path / "shop"
    shop.mkdir()

    def host(cache=tmp_path / "cache", **environ):
        return Host(
            str(shop), 1, offline=True, environ=os.environ | no_trivy | environ, cache=str(cache)
        )

    return host


def write(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(program(version))
    path.chmod(0o755)
    return path


def install(cache: Path, version: str) -> None:
    write(cache / "tools" / "trivy" / "new" / "trivy", version)
    put(cache / "tools" / "trivy" / "new" / "trivy", str(cache), "trivy", version)


def test_the_order(machine, tmp_path):
    on_path = write(tmp_path / "bin" / "trivy", "1.0.1")
    named = write(tmp_path / "own" / "trivy-next", "1.0.3")
    path = {"PATH": str(on_path.parent)}
    assert locate(machine(**path)).program == str(on_path)
    install(tmp_path / "cache", "1.0.2")
    found = locate(machine(**path))
    assert (found.version, found.program) == (
        "1.0.2", str(tmp_path / "cache" / "tools" / "trivy" / "1.0.2" / "trivy"),
    )  # fmt: skip
    found = locate(machine(**path, SHOPSEC_TRIVY=str(named)))
    assert (found.version, found.program) == ("1.0.3", str(named))


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("trivy", "is no absolute path"),
        ("{shop}/trivy", "lies in the scanned repository, whose programs are never run"),
        ("{tmp}/link", "lies in the scanned repository, whose programs are never run"),
        ("{tmp}/nothing", "is no program"),
        ("{tmp}", "is no program"),
    ],
)
def test_a_named_program_that_must_not_be_run(machine, tmp_path, named, problem):
    install(tmp_path / "cache", "1.0.2")
    write(tmp_path / "shop" / "trivy", "1.0.0")
    (tmp_path / "link").symlink_to(tmp_path / "shop" / "trivy")
    host = machine(SHOPSEC_TRIVY=named.format(shop=tmp_path / "shop", tmp=tmp_path))
    with pytest.raises(TrivyUnusableError) as error:
        locate(host)
    assert (error.value.status, error.value.message, error.value.next_step) == (
        Status.FAILED,
        f"what SHOPSEC_TRIVY names {problem}",
        "let SHOPSEC_TRIVY be the absolute path of Trivy, or unset it",
    )


def test_a_cache_within_the_shop_may_hold_what_the_shop_put_there(machine, tmp_path):
    cache = tmp_path / "shop" / ".cache"
    install(cache, "1.0.0")
    with pytest.raises(TrivyUnusableError) as error:
        locate(machine(cache=cache))
    assert (error.value.status, error.value.message, error.value.next_step) == (
        Status.FAILED,
        "the Trivy that shopsec installed lies in the scanned repository, whose programs are "
        "never run",
        "let XDG_CACHE_HOME name a folder elsewhere, then shopsec tools install trivy",
    )
    on_path = write(tmp_path / "bin" / "trivy", "1.0.1")
    assert locate(machine(cache=cache, PATH=str(on_path.parent))).version == "1.0.1"


def test_nothing_is_there(machine):
    with pytest.raises(TrivyUnusableError) as error:
        locate(machine())
    assert (error.value.status, error.value.message, error.value.next_step) == (
        Status.MISSING, "Trivy is not installed", "shopsec tools install trivy",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "message", "next_step"),
    [
        (
            "0.69.4",
            "Trivy 0.69.4 is refused: it was published with a credential stealer in March 2026",
            "renew every credential this machine can reach, then shopsec tools install trivy",
        ),
        (
            "0.50.1",
            "Trivy 0.50.1 is refused: it is older than 0.67.2, the oldest that shopsec was tried "
            "with",
            "shopsec tools install trivy",
        ),
    ],
)
def test_a_refused_version_is_refused_wherever_it_is(
    machine, tmp_path, version, message, next_step
):
    named = write(tmp_path / "own" / "trivy", version)
    with pytest.raises(TrivyUnusableError) as error:
        locate(machine(SHOPSEC_TRIVY=str(named)))
    assert (error.value.status, error.value.message, error.value.next_step) == (
        Status.FAILED, message, next_step,
    )  # fmt: skip


@pytest.mark.real
def test_the_real_one_tells_its_version(machine):
    trivy = need("trivy")
    assert locate(machine(SHOPSEC_TRIVY=trivy)).version == "0.76.0"
