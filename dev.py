#!/usr/bin/env python3
"""Everything a fresh machine needs, with Python and git only.

python3 dev.py example   make a venv, install shopsec, scan the example shop
python3 dev.py test      make a venv, install shopsec and its test tools, run the tests
python3 dev.py tools     install what some tests need from npm, into .tools (needs Node.js)
python3 dev.py lint      ruff, mypy, import-linter
python3 dev.py docs      write the generated files again (README's output, docs/)
python3 dev.py wheel     build the wheel and try it in a venv of its own
python3 dev.py lock      write the hash-locked requirements again
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
TOOLS = HERE / ".tools"


def run(*command: str, **environment: str) -> None:
    """Run a command; its failure is ours."""
    print("+", " ".join(command), flush=True)
    ended = subprocess.run(command, cwd=HERE, env={**os.environ, **environment}, check=False)
    if ended.returncode:
        raise SystemExit(ended.returncode)


def program(folder: Path, name: str) -> str:
    """A program of a venv."""
    bin_folder = folder / ("Scripts" if os.name == "nt" else "bin")
    return str(bin_folder / (name + (".exe" if os.name == "nt" else "")))


def install(*extras: str, lock: str) -> None:
    """Make the venv where it is missing; install the locked packages and shopsec itself."""
    if sys.version_info < (3, 11):
        raise SystemExit("shopsec needs Python 3.11 or newer; this is " + sys.version.split()[0])
    if not Path(program(VENV, "python")).exists():
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    pip_install(VENV, lock, "--editable", "." + (f"[{','.join(extras)}]" if extras else ""))


def pip_install(folder: Path, lock: str, *shopsec: str) -> None:
    """Install locked packages into a venv, then shopsec; nothing else is resolved or fetched."""
    quiet = ("--quiet", "--disable-pip-version-check")
    pip = (program(folder, "python"), "-m", "pip", "install", *quiet)
    locks = ("-r", f"requirements/{lock}.txt", "-r", "requirements/build.txt")
    run(*pip, "--only-binary", ":all:", "--require-hashes", *locks)
    run(*pip, "--no-deps", "--no-build-isolation", *shopsec)


def example(*arguments: str) -> None:
    """Scan the example shop. It has much to mend, so the gate's verdict is not our exit code."""
    install(lock="run")
    scan = (program(VENV, "shopsec"), "scan", "examples/shop", "--exit-zero", *arguments)
    run(*scan)


def test(*arguments: str) -> None:
    """Run the tests."""
    install("test", lock="dev")
    # One more than a small machine has cores: many tests wait for a tool.
    workers = str(max(3, os.cpu_count() or 1))
    run(program(VENV, "python"), "-m", "pytest", "-n", workers, "--dist", "worksteal", *arguments)


def tools() -> None:
    """Install what the tests need from npm; without it they skip, and fail in CI."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is missing: install Node.js 20 or newer")
    shutil.copytree(HERE / "tests" / "node", TOOLS, dirs_exist_ok=True)
    run(npm, "ci", "--prefix", str(TOOLS))
    # The package leaves this to an install script, and no package's script is run.
    package = TOOLS / "node_modules" / "@microsoft" / "sarif-multitool-linux"
    (package / "Sarif.Multitool").chmod(0o755)


def lint() -> None:
    """Style, types, layers."""
    install("test", "lint", lock="dev")
    run(program(VENV, "ruff"), "format", "--check", ".")
    run(program(VENV, "ruff"), "check", ".")
    run(program(VENV, "mypy"))
    run(program(VENV, "lint-imports"))


def docs() -> None:
    """Write what is generated; a test checks that it is current."""
    install("test", "lint", lock="dev")
    run(program(VENV, "python"), "docs/build.py")


def wheel() -> None:
    """Build the wheel and scan with it from a venv that has nothing else."""
    install("test", "lint", lock="dev")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = (program(VENV, "python"), "-m", "build", "--wheel", "--no-isolation")
        run(*build, "--outdir", name, ".")
        built = next(folder.glob("*.whl"))
        venv.create(folder / "venv", with_pip=True)
        pip_install(folder / "venv", "run", str(built))
        shopsec = program(folder / "venv", "shopsec")
        run(shopsec, "--version")
        scan = (shopsec, "scan", "examples/shop", "--offline", "--exit-zero", "--quiet")
        run(*scan, "--output", f"html={folder / 'shopsec.html'}")


def lock() -> None:
    """Pin every dependency with hashes, for all platforms at once."""
    install("test", "lint", lock="dev")
    pin("run", "pyproject.toml")
    pin("dev", "pyproject.toml", "--extra", "test", "--extra", "lint")
    # Installed beside either of the others, so it may not ask for other versions than they do.
    others = [flag for name in ("run", "dev") for flag in ("-c", f"requirements/{name}.txt")]
    pin("build", "--group", "build", *others)


def pin(name: str, *sources: str) -> None:
    """Write one of the lock files."""
    run(
        program(VENV, "uv"), "pip", "compile", *sources, "--quiet",
        "--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade",
        "--no-emit-index-url", "--no-emit-find-links", "--no-header",
        "--output-file", f"requirements/{name}.txt",
    )  # fmt: skip


COMMANDS = {
    "example": example,
    "test": test,
    "tools": tools,
    "lint": lint,
    "docs": docs,
    "wheel": wheel,
    "lock": lock,
}


def main() -> None:
    """Find the command."""
    command = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        raise SystemExit(__doc__)
    command(*sys.argv[2:])


if __name__ == "__main__":
    main()
