"""``shopsec fix`` end to end, with the embedded pack or a store of its own."""

import json
import subprocess

import pytest
from click.testing import CliRunner

from shopsec.cli.diff import unified
from shopsec.cli.main import cli
from shopsec.scan.dependencies.osv_record import AffectedPackage, OsvRecord
from shopsec.scan.dependencies.ranges import Affected, Event, EventKind, Range
from shopsec.scan.dependencies.store_layout import FILE_NAME, StoredEcosystem
from shopsec.scan.dependencies.store_writer import StoreWriter

REQUIREMENTS = "# shop\r\nDjango[bcrypt]==3.2.0  # LTS\r\nrequests==2.32.4\r\n"
PACKAGE = """{
  "name": "shop",
  "dependencies": {
    "lodash": "4.17.10",
    "express": "4.17.0"
  }
}"""
LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"lodash": "4.17.10", "express": "4.17.0"}},
        "node_modules/lodash": {"version": "4.17.10"},
        "node_modules/express": {"version": "4.17.0", "dependencies": {"ws": "7.0.0"}},
        "node_modules/ws": {"version": "7.0.0"},
    },
}
COMPOSER = (
    '{\n    "require": {\n        "laravel/framework": "7.0.*",\n        "php": "^8"\n    }\n}\n'
)
COMPOSER_LOCK = {"packages": [{"name": "laravel/framework", "version": "v7.0.0"}]}
FILES = {
    "requirements.txt": REQUIREMENTS,
    "web/package.json": PACKAGE,
    "web/package-lock.json": json.dumps(LOCK, indent=1),
    "api/composer.json": COMPOSER,
    "api/composer.lock": json.dumps(COMPOSER_LOCK),
}
FIXED = {
    "requirements.txt": REQUIREMENTS.replace("3.2.0", "3.2.20"),
    "web/package.json": PACKAGE.replace("4.17.10", "4.17.21"),
    "api/composer.json": COMPOSER.replace("7.0.*", "7.30.*"),
}
SAID = """\
Raised
  api/composer.json:3  laravel/framework 7.0.* -> 7.30.*
    closes CVE-2021-21263, CVE-2021-43808, CVE-2024-52301
  requirements.txt:2  django ==3.2.0 -> ==3.2.20
    closes CVE-2021-35042, CVE-2022-28346, CVE-2022-28347 and 2 more
  web/package.json:4  lodash 4.17.10 -> 4.17.21
    closes CVE-2019-10744, CVE-2021-23337

Next, each in the folder of its file
  api/composer.lock
    composer update laravel/framework --with-all-dependencies
  web/package-lock.json
    npm update lodash
  requirements.txt
    pip install -r requirements.txt
  then run the tests, and shopsec scan again

By hand
  web/package-lock.json:19  ws 7.0.0
    express pulls it in: raise express first, or "overrides": {"ws": "7.5.11"}
    in package.json

Not looked up
  osv: 6 of 6 packages were not audited
  osv: 6: not looked up (--offline), only compared with the embedded pack:
    django==3.2.0, express 4.17.0, laravel/framework 7.0.0 ...
    next: shopsec db update once with a network, or scan without --offline
"""


@pytest.fixture
def fix(shopsec):
    def run(root, *arguments, **options):
        ended = shopsec("fix", root, "-q", "--offline", *arguments, **options)
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    return run


def contents(root):
    return {
        str(path.relative_to(root)): path.read_bytes().decode()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_manifests_are_raised_and_nothing_else(fix, tree):
    root = tree(FILES)
    (root / "web/package.json").chmod(0o600)
    ended = fix(root)
    assert (ended.returncode, ended.stderr) == (3, "")
    assert ended.stdout == SAID
    assert contents(root) == FILES | FIXED
    assert (root / "web/package.json").stat().st_mode & 0o777 == 0o600
    again = fix(root)
    assert contents(root) == FILES | FIXED
    assert "Raised" not in again.stdout
    assert "npm update lodash" in again.stdout


def test_a_dry_run_prints_what_git_applies(tree):
    root = tree(FILES)
    arguments = ["fix", str(root), "-q", "--offline", "--dry-run"]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert result.return_value == 3
    assert contents(root) == FILES
    assert result.stderr.startswith("Would raise\n")
    subprocess.run(["git", "apply", "-"], cwd=root, input=result.stdout_bytes, check=True)
    assert contents(root) == FILES | FIXED


def test_one_package_only(fix, tree):
    root = tree(FILES)
    assert fix(root, "--package", "Django").returncode == 3
    changed = {name for name, text in contents(root).items() if text != FILES[name]}
    assert changed == {"requirements.txt"}
    ended = fix(root, "--package", "nope")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--package nope: no lockfile or requirements file pins it" in ended.stderr


def test_hashes_are_left_to_pip_compile(fix, tree):
    text = "django==3.2.0 \\\n    --hash=sha256:00\n"
    root = tree({"requirements.txt": text, "requirements.in": "django<3.2.10\n"})
    ended = fix(root)
    assert contents(root) == {
        "requirements.txt": text,
        "requirements.in": "django<3.2.21\n",
    }
    said = " ".join(ended.stdout.split())
    assert "pip-compile --generate-hashes --upgrade-package django==3.2.20 requirements.in" in said


def test_a_manifest_that_cannot_be_read_is_named_and_the_others_are_raised(fix, tree):
    conflict = "{\n<<<<<<< ours\n}\n"
    broken = {
        "api/composer.json": conflict,
        "app/pyproject.toml": b"\xff",
        "app/poetry.lock": '[[package]]\nname = "pillow"\nversion = "8.4.0"\n',
    }
    root = tree(FILES | broken)
    ended = fix(root)
    assert ended.returncode == 3
    assert "\n  api/composer.json: line 2: has an unresolved merge conflict\n" in ended.stdout
    assert "\n  app/pyproject.toml: is not UTF-8 text\n" in ended.stdout
    assert (root / "api/composer.json").read_text() == conflict
    assert (root / "requirements.txt").read_bytes().decode() == FIXED["requirements.txt"]


def test_a_link_out_of_the_repository_is_not_followed(fix, tree, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("django==3.2.0\n")
    root = tree({"a.txt": ""})
    (root / "requirements.txt").symlink_to(outside)
    (root / "web").symlink_to(tmp_path)
    fix(root)
    assert outside.read_text() == "django==3.2.0\n"


def test_a_failed_write_keeps_the_old_file(tree, monkeypatch):
    root = tree(FILES)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shopsec.cli.output.os.replace", full)
    result = CliRunner().invoke(cli, ["fix", str(root), "-q", "--offline"], standalone_mode=False)
    assert "composer.json: cannot be written: No space left on device" in str(result.exception)
    assert contents(root) == FILES


def test_everything_looked_up_is_exit_0(fix, tree, tmp_path):
    folder = tmp_path / "home" / ".cache" / "shopsec"
    folder.mkdir(parents=True)
    affected = Affected(
        "PyPI",
        "flask",
        (Range("ECOSYSTEM", (Event(EventKind.INTRODUCED, "0"), Event(EventKind.FIXED, "2.3.2"))),),
    )
    writer = StoreWriter(folder / FILE_NAME)
    writer.add("PyPI", OsvRecord(id="PYSEC-1", modified="", affected=(AffectedPackage(affected),)))
    writer.finish_ecosystem(StoredEcosystem("PyPI", "2026-11-01T00:00:00Z", 1, 0, 0))
    writer.close()
    pyproject = '[project]\nname = "a"\ndependencies = ["flask==2.0"]\n'
    root = tree({"pyproject.toml": pyproject, "app.py": ""})
    environ = {"XDG_CACHE_HOME": str(tmp_path / "home" / ".cache")}
    ended = fix(root, environ=environ)
    assert ended.stdout == (
        "Raised\n"
        "  pyproject.toml:3  flask ==2.0 -> ==2.3.2\n"
        "    closes PYSEC-1\n"
        "\n"
        "Next, each in the folder of its file\n"
        "  pyproject.toml\n"
        "    pip install .\n"
        "  then run the tests, and shopsec scan again\n"
    )
    assert ended.returncode == 0
    ended = fix(root, environ=environ)
    assert (ended.returncode, ended.stdout) == (0, "Nothing to raise in what was looked up.\n")


def test_a_folder_without_packages_has_nothing_to_raise(fix, tree):
    ended = fix(tree({"a.py": ""}))
    assert (ended.returncode, ended.stdout) == (0, "Nothing to raise in what was looked up.\n")
    assert fix("no-such-folder").returncode == 2


def test_workspaces_with_two_versions_stay_on_their_own_lines(fix, tree):
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"workspaces": ["a", "b"]},
            "a": {"name": "a", "dependencies": {"ws": "6.0.0"}},
            "b": {"name": "b", "dependencies": {"ws": "^7.0.0"}},
            "node_modules/a": {"link": True, "resolved": "a"},
            "node_modules/b": {"link": True, "resolved": "b"},
            "node_modules/ws": {"version": "6.0.0"},
            "b/node_modules/ws": {"version": "7.0.0"},
        },
    }
    files = {
        "package.json": '{"workspaces": ["a", "b"]}',
        "package-lock.json": json.dumps(lock),
        "a/package.json": '{"name": "a", "dependencies": {"ws": "6.0.0"}}',
        "b/package.json": '{"name": "b", "dependencies": {"ws": "^7.0.0"}}',
    }
    root = tree(files)
    fix(root)
    changed = {name: text for name, text in contents(root).items() if text != files[name]}
    assert changed == {"a/package.json": files["a/package.json"].replace("6.0.0", "6.2.4")}


WORD = "hunter" + "2x"
INDEX = f"--extra-index-url https://deploy:{WORD}@pypi.example.com/simple\n"


def dry_run(root):
    arguments = ["fix", str(root), "-q", "--offline", "--dry-run"]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (f"{INDEX}django==3.2.0\na\n", []),
        (f"a\n{INDEX}b\ndjango==3.2.0\nc\n{INDEX}d\n", []),
        (f"a\n{INDEX}django==3.2.0", []),
        (f"a\ndjango==3.2.0\n{INDEX}", ["--unidiff-zero"]),
        (f"django==3.2.0\n{INDEX}b\nc\nd\npillow==8.4.0\ne\n", ["--unidiff-zero"]),
        (f"django==3.2.0\nb\n{INDEX}c\npillow==8.4.0\ne\n", []),
    ],
)
def test_a_dry_run_prints_no_login_and_still_applies(fix, tree, text, options):
    root = tree({"requirements.txt": text})
    result = dry_run(root)
    assert WORD not in result.output
    assert result.stdout.startswith("--- a/requirements.txt\n+++ b/requirements.txt\n@@")
    assert ("--unidiff-zero" in result.stderr) == bool(options)
    command = ["git", "apply", *options, "-"]
    subprocess.run(command, cwd=root, input=result.stdout_bytes, check=True)
    applied = contents(root)
    (root / "requirements.txt").write_text(text)
    fix(root)
    assert applied == contents(root) != {"requirements.txt": text}


def test_a_dry_run_masks_a_login_in_a_changed_line_and_says_so(tree):
    url = f"git+https://deploy:{WORD}@h.example.com/y.git"
    root = tree(
        {"package.json": f'{{"dependencies": {{"lodash": "4.17.10", "y": "{url}"}}}}\n',
         "package-lock.json": json.dumps(LOCK)}
    )  # fmt: skip
    result = dry_run(root)
    assert WORD not in result.output
    assert '"lodash": "4.17.21", "y": "git+https://***@h.example.com/y.git"' in result.stdout
    assert "masked: package.json; run without --dry-run" in result.stderr


@pytest.mark.parametrize("text", ["\ufeffdjango==3.2.0\na\n", "\ufeff# shop\na\ndjango==3.2.0\n"])
def test_a_dry_run_applies_to_a_file_with_a_byte_order_mark(tree, text):
    root = tree({"requirements.txt": text})
    result = dry_run(root)
    subprocess.run(["git", "apply", "-"], cwd=root, input=result.stdout_bytes, check=True)
    assert contents(root) == {"requirements.txt": text.replace("3.2.0", "3.2.20")}


def test_a_diff_escapes_what_a_terminal_would_act_on():
    diff = unified("a%1B.txt", "x\x1b[2J\t=1\r\ny", "x\x1b[2J\t=2\r\ny")
    assert diff.text == (
        "--- a/a\\x1b.txt\n+++ b/a\\x1b.txt\n@@ -1,2 +1,2 @@\n"
        "-x\\x1b[2J\t=1\r\n+x\\x1b[2J\t=2\r\n y\n\\ No newline at end of file\n"
    )


def test_names_of_files_are_quoted_in_commands(fix, tree):
    root = tree(
        {"requirements-$(touch pwn).txt": "django==3.2.0\n",
         "b/requirements;x.txt": "django==3.2.0 --hash=sha256:00\n",
         "b/requirements;x.in": "django\n"}
    )  # fmt: skip
    said = " ".join(fix(root).stdout.split())
    assert "pip install -r 'requirements-$(touch pwn).txt'" in said
    assert "--upgrade-package django==3.2.20 'b/requirements;x.in'" in said


def test_what_the_pack_knows_is_raised_where_the_service_cannot_be_reached(shopsec, tree):
    root = tree({"requirements.txt": "django==3.2.0\n"})
    ended = shopsec("fix", root, "-q", environ={"SHOPSEC_OSV_URL": "http://127.0.0.1:1"})
    assert (root / "requirements.txt").read_text() == "django==3.2.20\n"
    assert (ended.returncode, ended.stderr) == (3, "")
    assert "osv: 1 of 1 packages were not audited" in ended.stdout
