"""Installing: the makers' own file whole and in its place, or all as it was."""

import hashlib
import platform
import tarfile
import threading
from pathlib import Path

import pytest

from shopsec.errors import InstallError, UsageError
from shopsec.scan.tools import install as installing
from shopsec.scan.tools.install import find_asset, install_tool, this_platform
from shopsec.scan.tools.installed import current_version, installed_program, installed_versions
from shopsec.scan.web import Web
from tests.installing.releases import (
    NAME,
    VERSION,
    endless,
    member,
    program,
    release,
    serving,
    silent,
    status,
    tar_of,
    tool_of,
    truncated,
    zip_of,
)

NOISE = hashlib.shake_256(b"").digest(1_000_000)
"""What does not get smaller when it is packed."""


@pytest.fixture
def install(tmp_path):
    """Install a made-up release from an origin, into a cache of its own."""

    def run(content, origin, *, seconds=20, name=NAME, version=VERSION, check=lambda _: None):
        tool = tool_of(content, version, name)
        asset = find_asset(tool, version, this_platform())
        web = Web(seconds, pause=0)
        cache = str(tmp_path / "cache")
        return install_tool(tool, version, asset, str(origin), cache, web, check, lambda _: None)

    return run


@pytest.fixture
def here(tmp_path):
    """All files of the tool's folder with their contents."""

    def files():
        folder = tmp_path / "cache" / "tools" / "trivy"
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return files


def test_from_a_server(install, here, tmp_path):
    with serving(status(200, release())) as server:
        path = install(release(), f"{server.url}/mirror/")
    assert server.asked == [f"/mirror/{NAME}"]
    assert path == tmp_path / "cache" / "tools" / "trivy" / VERSION / "trivy"
    assert here() == {f"{VERSION}/trivy": program(), "current": b"9.9.9\n"}
    modes = {each.name: each.stat().st_mode & 0o777 for each in (path, path.parents[1] / "current")}
    assert modes == {"trivy": 0o755, "current": 0o644}
    assert installed_program(str(tmp_path / "cache"), "trivy") == str(path)


def test_from_a_folder(install, here, tmp_path):
    (tmp_path / NAME).write_bytes(release())
    install(release(), tmp_path)
    assert here() == {f"{VERSION}/trivy": program(), "current": b"9.9.9\n"}


def test_the_makers_own_address(tmp_path):
    tool = tool_of(release())
    asset = find_asset(tool, VERSION, this_platform())
    said: list[str] = []
    with pytest.raises(InstallError) as error:
        install_tool(
            tool, VERSION, asset, None, str(tmp_path), Web(20, pause=0), lambda _: None, said.append
        )
    url = f"https://releases.invalid/v9.9.9/{NAME}"
    assert said == [f"Trivy 9.9.9: fetching {url}"]
    assert error.value.message.startswith(f"{url}: ")


def test_a_server_may_lead_elsewhere(install, here):
    with serving(status(302, Location="/b?token=x"), status(200, release())) as server:
        install(release(), server.url)
    assert server.asked == [f"/{NAME}", "/b?token=x"]
    assert here()["current"] == b"9.9.9\n"


def test_a_server_that_calls_the_archive_compressed(install, here):
    with serving(status(200, release(), Content_Encoding="x-gzip")) as server:
        install(release(), server.url)
    assert here()[f"{VERSION}/trivy"] == program()


@pytest.mark.parametrize(
    ("before", "asked"), [(status(503), 2), (status(429, Retry_After="0"), 2)]
)  # fmt: skip
def test_another_try_may_help(install, here, before, asked):
    with serving(before, status(200, release())) as server:
        install(release(), server.url)
    assert len(server.asked) == asked
    assert here()["current"] == b"9.9.9\n"


AGAIN = f"run it again, or name a mirror or a folder that has {NAME}: --from URL|DIR"


@pytest.mark.parametrize(
    ("answer", "problem", "hint"),
    [
        (status(404), "answered 404", f"it must be the folder that has {NAME}: --from URL|DIR"),
        (
            status(429), "answered 429, 3 tries",
            "wait some minutes and run it again, or name a mirror: --from URL|DIR",
        ),
        (
            status(403), "answered 403",
            "ask whoever runs the proxy or mirror, or name a copy: --from URL|DIR",
        ),
        (status(500), "answered 500, 3 tries", AGAIN),
        (status(204), "answered 204", AGAIN),
        (
            truncated(release()),
            "the answer broke off (it is shorter than it says), 3 tries", AGAIN,
        ),
        (status(302, Location="/"), "leads elsewhere more than 5 times", AGAIN),
        (status(302), "leads to no https address, which is not followed", AGAIN),
        (status(302, Location="ftp://h/a"), "is no http or https address", AGAIN),
    ],
)  # fmt: skip
def test_failures_leave_what_was_there(install, here, answer, problem, hint):
    with serving(status(200, release("9.9.8"))) as server:
        install(release("9.9.8"), server.url, version="9.9.8")
    before = here()
    with serving(answer) as server, pytest.raises(InstallError) as error:
        install(release(), server.url)
    assert error.value.message.endswith(f": {problem}")
    assert (error.value.hint, error.value.exit_code) == (hint, 3)
    assert here() == before == {"9.9.8/trivy": program("9.9.8"), "current": b"9.9.8\n"}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [(endless, "took too long"), (silent, "did not answer in time, 1 tries")],
)
def test_a_slow_server_does_not_outlive_the_time_limit(install, here, answer, problem):
    with serving(answer) as server, pytest.raises(InstallError, match=problem):
        install(release(), server.url, seconds=0.5)
    assert here() == {}


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", release() + b"x"])
def test_only_the_published_file_is_unpacked(install, here, body):
    with serving(status(200, body)) as server, pytest.raises(InstallError) as error:
        install(release(), server.url)
    assert error.value.message == (
        f"{server.url}/{NAME}: is not the file its makers published, so it is not unpacked:\n"
        f"  SHA-256 {hashlib.sha256(body).hexdigest()}\n"
        f"  must be {hashlib.sha256(release()).hexdigest()}"
    )
    assert here() == {}


def test_a_file_without_end(install, here, monkeypatch):
    monkeypatch.setattr(installing, "ARCHIVE_BYTES", 10_000)
    too_large = pytest.raises(InstallError, match="the answer is larger than 10 kB")
    with serving(status(200, bytes(10_001))) as server, too_large:
        install(release(), server.url)
    assert here() == {}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (tar_of(("../trivy", b"x")), "has 0 members called trivy, not one"),
        (tar_of(("/trivy", b"x")), "has 0 members called trivy, not one"),
        (tar_of(("bin/trivy", b"x")), "has 0 members called trivy, not one"),
        (tar_of(("trivy", b"x"), ("trivy", b"y")), "has 2 members called trivy, not one"),
        (
            tar_of((member("trivy", tarfile.SYMTYPE, "/bin/sh"), b"")),
            "trivy is no regular file in it",
        ),
        (
            tar_of(("a", b"x"), (member("trivy", tarfile.LNKTYPE, "a"), b"")),
            "trivy is no regular file in it",
        ),
        (tar_of((member("trivy", tarfile.CHRTYPE), b"")), "trivy is no regular file in it"),
        (tar_of((member("trivy", tarfile.FIFOTYPE), b"")), "trivy is no regular file in it"),
        (tar_of((member("trivy", tarfile.DIRTYPE), b"")), "trivy is no regular file in it"),
        (tar_of(("trivy", b"")), "trivy has 0 bytes in it"),
        (tar_of(("trivy", bytes(2_000_001))), "trivy has 2000001 bytes in it"),
        (b"garbage", "is no whole archive: not a gzip file"),
        (tar_of(("trivy", NOISE))[:-2_000], "is no whole archive: "),
        (tar_of(("trivy", NOISE))[:600], "is no whole archive: "),
    ],
)  # fmt: skip
def test_hostile_archives_of_the_right_digest(
    install, here, tmp_path, monkeypatch, content, problem
):
    monkeypatch.setattr(installing, "PROGRAM_BYTES", 2_000_000)
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(InstallError) as error:
        install(content, tmp_path)
    assert error.value.message.startswith(f"{NAME}: {problem}")
    assert here() == {}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cache", NAME]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (zip_of({"trivy": b"/bin/sh"}, mode=0o120777), "trivy is no regular file in it"),
        (zip_of({"../trivy": b"x"}), "has 0 members called trivy, not one"),
        (b"PK", "is no whole archive: File is not a zip file"),
    ],
)
def test_hostile_zip_archives(install, here, tmp_path, content, problem):
    name = "trivy_9.9.9.zip"
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InstallError) as error:
        install(content, tmp_path, name=name)
    assert error.value.message == f"{name}: {problem}"
    assert here() == {}


def test_a_zip_archive(install, here, tmp_path):
    content = zip_of({"README.md": b"x", "trivy": program()})
    (tmp_path / "trivy_9.9.9.zip").write_bytes(content)
    install(content, tmp_path, name="trivy_9.9.9.zip")
    assert here() == {f"{VERSION}/trivy": program(), "current": b"9.9.9\n"}


def test_a_program_that_does_not_run_is_not_put_in_place(install, here, tmp_path):
    def refuse(path):
        assert path.read_bytes() == program()
        raise InstallError("does not run here")

    (tmp_path / NAME).write_bytes(release())
    with pytest.raises(InstallError, match="does not run here"):
        install(release(), tmp_path, check=refuse)
    assert here() == {}


def test_a_folder_without_the_file(install, tmp_path):
    with pytest.raises(InstallError) as error:
        install(release(), tmp_path)
    assert error.value.message == f"{tmp_path / NAME}: no such file"
    assert error.value.hint == f"copy https://releases.invalid/v9.9.9/{NAME} there"


def test_a_cache_that_cannot_be_written(install, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InstallError) as error:
        install(release(), tmp_path)
    assert error.value.message == (
        f"{tmp_path / 'cache' / 'tools' / 'trivy'}: cannot be written: Not a directory"
    )
    assert error.value.hint == "let XDG_CACHE_HOME name a folder that can be written"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no /dev/full")
def test_no_room(install, here, tmp_path, monkeypatch):
    def write_to_a_full_device(_archive, _member, target, _limit):
        with open("/dev/full", "wb", buffering=0) as file:
            file.write(bytes(target.name, "ascii"))

    (tmp_path / NAME).write_bytes(release())
    monkeypatch.setattr(installing, "unpack_member", write_to_a_full_device)
    with pytest.raises(InstallError, match="cannot be written: No space left on device") as error:
        install(release(), tmp_path)
    assert error.value.hint == "free some room"
    assert here() == {}


def test_two_at_once_and_a_reader(install, here, tmp_path):
    (tmp_path / NAME).write_bytes(release())
    install(release(), tmp_path)
    started = threading.Barrier(4)
    problems: list[InstallError] = []

    def again():
        started.wait()
        try:
            install(release(), tmp_path)
        except InstallError as error:
            problems.append(error)

    threads = [threading.Thread(target=again) for _ in range(3)]
    for thread in threads:
        thread.start()
    started.wait()
    cache = str(tmp_path / "cache")
    seen = set()
    while any(thread.is_alive() for thread in threads):
        seen.add(Path(installed_program(cache, "trivy") or "").read_bytes())
    for thread in threads:
        thread.join()
    assert problems == []
    assert seen <= {program()}
    assert here() == {f"{VERSION}/trivy": program(), "current": b"9.9.9\n"}


def test_a_version_that_was_there_stays_and_another_counts(install, tmp_path):
    cache = str(tmp_path / "cache")
    for version in ("9.9.9", "9.9.8"):
        (tmp_path / NAME).write_bytes(release(version))
        install(release(version), tmp_path, version=version)
    assert current_version(cache, "trivy") == "9.9.8"
    assert installed_versions(cache, "trivy") == ["9.9.8", "9.9.9"]


@pytest.mark.parametrize("text", ["", "../../bin", "9.9.9/../..", "9.9.7", "\xff", "9.9.9.9"])
def test_a_broken_note_of_the_current_version(install, tmp_path, text):
    cache = tmp_path / "cache"
    (tmp_path / NAME).write_bytes(release())
    install(release(), tmp_path)
    (cache / "tools" / "trivy" / "current").write_bytes(text.encode("latin-1"))
    assert installed_program(str(cache), "trivy") is None


def test_what_is_not_in_the_table():
    tool = tool_of(release())
    with pytest.raises(UsageError) as error:
        find_asset(tool, "9.9.7", this_platform())
    assert error.value.message == (
        "Trivy 9.9.7: its SHA-256 is not known here, so it is not installed"
    )
    with pytest.raises(UsageError) as error:
        find_asset(tool, VERSION, "linux-riscv64")
    assert error.value.message == "Trivy 9.9.9: is not in the table for linux-riscv64"


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "linux-x86_64"),
        ("Linux", "aarch64", "linux-aarch64"),
        ("Darwin", "arm64", "macos-aarch64"),
        ("Windows", "AMD64", "windows-x86_64"),
        ("Linux", "riscv64", "linux-riscv64"),
        ("", "", "unknown-unknown"),
    ],
)
def test_names_of_platforms(monkeypatch, system, machine, expected):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert this_platform() == expected
