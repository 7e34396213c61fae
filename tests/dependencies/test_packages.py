"""Every lockfile is read, and what is not pinned is named: nothing is left out in silence."""

import json

import pytest

from shopsec.model import Role, Severity, Status
from shopsec.scan.dependencies.packages import Packages
from tests.dependencies.conftest import reasons

NOT_LOOKED_UP = "not looked up (--offline), only compared with the embedded pack"

CYCLONEDX = json.dumps(
    {"bomFormat": "CycloneDX", "specVersion": "1.5",
     "components": [{"type": "library", "name": "a", "version": "1.0.0",
                     "purl": "pkg:npm/a@1.0.0"}]}
)  # fmt: skip
SPDX = json.dumps(
    {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "shop",
     "packages": [{"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1.0.0", "externalRefs": [
         {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
          "referenceLocator": "pkg:npm/a@1.0.0"}]}]}
)  # fmt: skip
NPM = '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}}'
PYTHON = '[[package]]\nname = "a"\nversion = "1.0.0"\n'
GRADLE = "g:a:1.0.0=compileClasspath\nempty=\n"
GEMS = "GEM\n  remote: https://gems.example.org/\n  specs:\n    a (1.0.0)\n\nDEPENDENCIES\n  a\n"

FORMATS = {
    "requirements.txt": ("a==1.0.0\n", "PyPI", "a", 1),
    "requirements/prod.txt": ("a==1.0.0\n", "PyPI", "a", 1),
    "requirements-dev.lock": ("a==1.0.0\n", "PyPI", "a", 1),
    "dev-requirements.pip": ("a==1.0.0\n", "PyPI", "a", 1),
    "requirements/prod.pip": ("a==1.0.0\n", "PyPI", "a", 1),
    "uv.lock": (
        "version = 1\n" + PYTHON + 'source = { registry = "https://index.example.org/simple" }\n',
        "PyPI", "a", 3,
    ),
    "poetry.lock": (PYTHON + 'optional = false\nfiles = []\n[metadata]\nlock-version = "2.0"\n',
                    "PyPI", "a", 2),
    "pdm.lock": ('[metadata]\nlock_version = "4.5.0"\n' + PYTHON, "PyPI", "a", 4),
    "pylock.toml": ('lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\n'
                    'version = "1.0.0"\n', "PyPI", "a", 4),
    "pylock.prod.toml": ('lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\n'
                         'version = "1.0.0"\n', "PyPI", "a", 4),
    "Pipfile.lock": ('{"_meta": {"pipfile-spec": 6},\n "default": {\n'
                     '  "a": {"version": "==1.0.0"}\n }, "develop": {}}', "PyPI", "a", 3),
    "package-lock.json": (NPM, "npm", "a", 1),
    "npm-shrinkwrap.json": (NPM, "npm", "a", 1),
    "yarn.lock": ('# yarn lockfile v1\n\n\na@^1.0.0:\n  version "1.0.0"\n', "npm", "a", 4),
    "pnpm-lock.yaml": ("lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n"
                       "      a:\n        specifier: ^1.0.0\n        version: 1.0.0\n\n"
                       "packages:\n\n  a@1.0.0:\n    resolution: {integrity: sha512-x}\n\n"
                       "snapshots:\n\n  a@1.0.0: {}\n",
                       "npm", "a", 13),
    "bun.lock": ('{\n  "lockfileVersion": 1,\n  "workspaces": {"": {"name": "shop",'
                 ' "dependencies": {"a": "^1.0.0"}}},\n  "packages": {\n'
                 '    "a": ["a@1.0.0", "", {}, "sha512-x"],\n  }\n}\n', "npm", "a", 5),
    "composer.lock": ('{"packages": [\n{"name": "v/a", "version": "1.0.0"}],'
                      ' "packages-dev": []}', "Packagist", "v/a", 2),
    "Gemfile.lock": (GEMS, "RubyGems", "a", 4),
    "gems.locked": (GEMS, "RubyGems", "a", 4),
    "go.mod": ("module x\n\ngo 1.22.0\n\nrequire example.org/a v1.0.0\n", "Go", "example.org/a", 5),
    "gradle.lockfile": (GRADLE, "Maven", "g:a", 1),
    "buildscript-gradle.lockfile": (GRADLE, "Maven", "g:a", 1),
    "gradle/dependency-locks/compileClasspath.lockfile": ("g:a:1.0.0\n", "Maven", "g:a", 1),
    "Cargo.lock": ('version = 3\n\n[[package]]\nname = "a"\nversion = "1.0.0"\n'
                   'source = "registry+https://github.com/rust-lang/crates.io-index"\n',
                   "crates.io", "a", 4),
    "packages.lock.json": ('{"version": 1, "dependencies": {"net8.0": {\n"A": {"type": "Direct",'
                           ' "resolved": "1.0.0"}}}}', "NuGet", "a", 2),
    "bom.json": (CYCLONEDX, "npm", "a", 1),
    "shop.cdx.json": (CYCLONEDX, "npm", "a", 1),
    "bom.xml": ('<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>\n'
                '<component type="library"><name>a</name><version>1.0.0</version>'
                "<purl>pkg:npm/a@1.0.0</purl></component></components></bom>", "npm", "a", 2),
    "shop.spdx.json": (SPDX, "npm", "a", 1),
    "shop.spdx": ("SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\n\nPackageName: a\n"
                  "SPDXID: SPDXRef-a\nPackageVersion: 1.0.0\n"
                  "ExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1.0.0\n", "npm", "a", 4),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_a_lockfile_is_known_by_its_name_in_any_folder(tree, target_of, name):
    text, ecosystem, package, line = FORMATS[name]
    target, host = target_of(tree({f"shop/api/{name}": text}))
    collected = Packages().collect(target, host)
    assert collected.missed == []
    (pin,) = [pin for pin in collected.pins if pin.key.name != "stdlib"]
    assert (pin.key.ecosystem, pin.key.name) == (ecosystem, package)
    assert pin.key.version in {"1.0.0", "v1.0.0"}
    assert (pin.location.uri, pin.location.start_line) == (f"shop/api/{name}", line)


def test_a_pom_tells_direct_dependencies_only_and_says_so(audit):
    pom = "<project><dependencies>\n<dependency><groupId>g</groupId><artifactId>a</artifactId>" \
        "<version>1.0</version></dependency></dependencies></project>"  # fmt: skip
    assert reasons(audit({"pom.xml": pom})) == {
        "pom.xml": (None, "names direct dependencies only; an SBOM beside it (CycloneDX) would"
                    " tell the rest"),
        "g:a 1.0": (2, NOT_LOOKED_UP),
    }  # fmt: skip


PYPROJECT = '[project]\nname = "api"\ndependencies = ["a>=1"]\n'
UNLOCKED = {
    "package.json": ('{"dependencies": {"a": "^1"}}', "npm"),
    "composer.json": ('{"require": {"php": ">=8", "v/a": "^1"}}', "Packagist"),
    "Gemfile": ('source "https://gems.example.org"\ngem "a"\n', "RubyGems"),
    "gems.rb": ('gem "a"\n', "RubyGems"),
    "shop.gemspec": ('Gem::Specification.new { |s| s.add_dependency "a" }', "RubyGems"),
    "build.sbt": ('libraryDependencies += "g" %% "a" % "1.0"', "Maven"),
    "Directory.Packages.props": (
        '<Project><PackageVersion Include="A" Version="1"/></Project>',
        "NuGet",
    ),
    "build.gradle": ("dependencies { }", "Maven"),
    "build.gradle.kts": ("dependencies { }", "Maven"),
    "Cargo.toml": ('[dependencies]\na = "1"\n', "crates.io"),
    "Pipfile": ('[packages]\na = "*"\n', "PyPI"),
    "Shop.csproj": ('<Project><PackageReference Include="A" Version="1.*"/></Project>', "NuGet"),
}
LOCKS = {
    "npm": "yarn.lock",
    "Packagist": "composer.lock",
    "RubyGems": "Gemfile.lock",
    "Maven": "gradle/dependency-locks/compileClasspath.lockfile",
    "crates.io": "Cargo.lock",
    "PyPI": "requirements.txt",
    "NuGet": "packages.lock.json",
}


@pytest.mark.parametrize("name", UNLOCKED)
def test_a_manifest_without_a_lockfile_is_a_finding_and_a_gap(audit, name):
    text, ecosystem = UNLOCKED[name]
    outcome = audit({f"api/{name}": text})
    assert reasons(outcome) == {f"api/{name}": (None, f"{ecosystem} manifest without a lockfile")}
    (finding,) = outcome.findings
    (rule,) = outcome.rules
    assert (finding.rule_id, rule.id) == ("dependencies.no-lockfile", "dependencies.no-lockfile")
    assert finding.message == f"{ecosystem} packages are named, and no lockfile pins them"
    assert (finding.location.uri, finding.location.start_line) == (f"api/{name}", 1)
    assert (finding.severity, finding.role) == (Severity.MEDIUM, Role.PRODUCTION)
    assert (outcome.run.status, outcome.run.covered) == (Status.PARTIAL, 0)
    assert outcome.run.message == "packages without an exact version cannot be audited"
    assert outcome.run.next_step == (
        "pin what is named: a lockfile, or requirements with == in them"
    )


def test_many_manifests_of_an_ecosystem_are_one_finding(audit):
    text, _ = UNLOCKED["package.json"]
    outcome = audit(
        {"tests/package.json": text, "web/package.json": text, "api/package.json": text}
    )
    (finding,) = outcome.findings
    assert finding.message == ("npm packages are named, and no lockfile pins them (3 manifests)")
    assert finding.location.uri == "api/package.json"
    assert [place.uri for place in finding.related] == ["tests/package.json", "web/package.json"]


@pytest.mark.parametrize("name", UNLOCKED)
def test_a_lockfile_beside_it_pins_it(audit, name):
    text, ecosystem = UNLOCKED[name]
    lock = LOCKS[ecosystem]
    outcome = audit({name: text, lock: FORMATS[lock][0]})
    assert outcome.findings == ()
    assert [reason for _, reason in reasons(outcome).values()] == [NOT_LOOKED_UP]


@pytest.mark.parametrize("name", UNLOCKED)
def test_a_lockfile_above_it_that_does_not_name_it_pins_nothing_of_it(audit, name):
    text, ecosystem = UNLOCKED[name]
    lock = LOCKS[ecosystem]
    outcome = audit({f"packages/api/{name}": text, lock: FORMATS[lock][0]})
    why = (None, f"{ecosystem} manifest without a lockfile")
    assert reasons(outcome)[f"packages/api/{name}"] == why
    assert [finding.rule_id for finding in outcome.findings] == ["dependencies.no-lockfile"]


UV_OWN = 'version = 1\n[[package]]\nname = "api"\nversion = "1"\nsource = { %s = "p/api" }\n'
BERRY_OWN = (
    '__metadata:\n  version: 8\n"api@workspace:p/api":\n  resolution: "api@workspace:p/api"\n'
)
CRATE = '[package]\nname = "api"\n[dependencies]\na = "1"\n'
NPM_A = UNLOCKED["package.json"][0]
GLOBS = '{"workspaces": %s}'


@pytest.mark.parametrize(
    ("manifest", "text", "above"),
    [
        ("package.json", NPM_A, {"package-lock.json": NPM.replace('"": {}', '"": {}, "p/api": {}')}),
        ("package.json", NPM_A, {"package-lock.json": NPM, "package.json": GLOBS % '["p/*"]'}),
        ("package.json", NPM_A, {"yarn.lock": FORMATS["yarn.lock"][0],
                                 "package.json": GLOBS % '{"packages": ["./p/**/"]}'}),
        ("package.json", "{}", {"yarn.lock": BERRY_OWN}),
        ("package.json", "{}", {"pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters:\n"
                                "  .: {}\n  p/api:\n    dependencies: {}\n"}),
        ("package.json", "{}", {"bun.lock": '{"lockfileVersion": 1, "workspaces": {"p/api": {}}}'}),
        ("pyproject.toml", PYPROJECT, {"uv.lock": UV_OWN % "editable" + PYTHON}),
        ("pyproject.toml", PYPROJECT, {"poetry.lock": PYTHON + '[[package]]\nname = "api"\n'
                                       'version = "1"\n[package.source]\ntype = "directory"\n'
                                       'url = "p/api"\n'}),
        ("api.gemspec", UNLOCKED["shop.gemspec"][0], {"Gemfile.lock": "PATH\n  remote: p/api\n"
                        "  specs:\n    api (1.0)\n      a\n\n" + GEMS}),
        ("Cargo.toml", CRATE, {"Cargo.lock": '[[package]]\nname = "api"\nversion = "1.0.0"\n'}),
    ],
)  # fmt: skip
def test_a_lockfile_above_pins_the_members_that_it_names(tree, target_of, manifest, text, above):
    target, host = target_of(tree({f"p/api/{manifest}": text} | above))
    collected = Packages().collect(target, host)
    assert collected.unlocked == {}
    assert [str(item.location) for _, item in collected.missed if "p/" in str(item.location)] == []


@pytest.mark.parametrize(
    "globs", ['["p/*/*"]', '["p/*", "!p/api"]', '["p"]', '["**/x"]', "7", "[7]"]
)
def test_other_globs_of_workspaces_are_no_cover(audit, globs):
    files = {"p/api/package.json": NPM_A, "package-lock.json": NPM, "package.json": GLOBS % globs}
    why = (None, "npm manifest without a lockfile")
    assert reasons(audit(files))["p/api/package.json"] == why


def test_versions_for_all_projects_are_locked_by_the_lockfiles_of_those(audit):
    lock, text = FORMATS["packages.lock.json"][0], UNLOCKED["Directory.Packages.props"][0]
    outcome = audit({"src/Directory.Packages.props": text, "src/shop/packages.lock.json": lock})
    assert list(reasons(outcome)) == ["a 1.0.0"]
    outcome = audit({"lib/Directory.Packages.props": text, "libs/packages.lock.json": lock})
    assert "lib/Directory.Packages.props" in reasons(outcome)


NO_LOCK = "is named in pyproject.toml without a lockfile"


def test_requirements_pin_only_what_they_name(audit):
    loose = '[project]\ndependencies = [\n"django>=2.2,<2.3",\n"B_x>=1",\n]\n'
    files = {"pyproject.toml": loose, "requirements-dev.txt": "b-x==1.0\n"}
    outcome = audit(files)
    assert reasons(outcome)["django>=2.2,<2.3"] == (3, NO_LOCK)
    assert "B_x>=1" not in reasons(outcome)
    assert [finding.rule_id for finding in outcome.findings] == ["dependencies.no-lockfile"]
    files["requirements/prod.txt"] = "-r ../deep/all.txt\n"
    files["deep/all.txt"] = "django\n-c pins.txt\n"
    files["deep/pins.txt"] = "django==2.2.0\n"
    assert NO_LOCK not in {reason for _, reason in reasons(audit(files)).values()}


@pytest.mark.parametrize(
    ("folder", "requirements"), [("", ""), ("p/", "other==1.0\n"), ("p/", "django==2.2.1\n")]
)
def test_exact_pins_of_a_pyproject_that_nothing_locks_are_read(
    tree, target_of, folder, requirements
):
    exact = '[project]\ndependencies = ["django==2.2.0"]\n'
    files = {f"{folder}pyproject.toml": exact, "requirements.txt": requirements}
    target, host = target_of(tree(files))
    collected = Packages().collect(target, host)
    assert f"{folder}pyproject.toml" in {pin.location.uri for pin in collected.pins}
    assert collected.missed == []


@pytest.mark.parametrize(
    ("manifest", "lock", "names"),
    [
        ('{"name": "shop",\n"dependencies": {"a": "1",\n"lodash": "^4", "x": "npm:a@1", "y": "file:y",'
         ' "shop": "*"},\n"devDependencies": {"jest": "*", "opt": "1"},'
         ' "optionalDependencies": {"opt": "1"}}', "package-lock.json", {"lodash": 3, "jest": 4}),
        ('{"dependencies": {"a": "1", "lodash": "^4"}}', "yarn.lock", {"lodash": 1}),
        ('{"dependencies": {"a": "1", "lodash": "^4"}}', "pnpm-lock.yaml", {"lodash": 1}),
        ('[project]\nname = "shop"\ndependencies = ["A", "shop[x]",\n"django>=2",\n'
         '"tomli; python_version < \'3.11\'"]\n[tool.poetry.dependencies]\npython = "3"\n'
         'c = "1"\nd = {path = "d"}\n', "uv.lock", {"django": 4, "c": 8}),
        ('[packages]\na = "*"\nb = "*"\n', "Pipfile.lock", {"b": 3}),
    ],
)  # fmt: skip
def test_what_a_manifest_asks_for_and_its_lockfile_lacks_is_named(audit, manifest, lock, names):
    name = {"uv.lock": "pyproject.toml", "Pipfile.lock": "Pipfile"}.get(lock, "package.json")
    outcome = audit({name: manifest, lock: FORMATS[lock][0]})
    why = f"asked for in {name}, not in the lockfile"
    found = {key: line for key, (line, reason) in reasons(outcome).items() if reason == why}
    assert found == names


def test_of_a_lockfile_that_cannot_be_read_no_name_is_missed(audit):
    files = {"package.json": NPM_A, "package-lock.json": "{"}
    assert list(reasons(audit(files))) == ["package-lock.json"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", '{"name": "theme", "private": true, "dependencies": {}}'),
        ("composer.json", '{"require": {"php": ">=8.1", "ext-json": "*", "composer-runtime-api":'
                          ' "^2"}}'),
        ("Gemfile", 'source "https://gems.example.org"\n# gem "a"\n'),
        ("Cargo.toml", '[workspace]\nmembers = ["a"]\n'),
        ("shop.gemspec", "Gem::Specification.new { |s| s.name = 'shop' }"),
        ("build.sbt", 'name := "shop"'),
        ("Directory.Packages.props", "<Project/>"),
        ("Shop.csproj", "<Project><PropertyGroup/></Project>"),
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n"),
        ("node_modules/a/package.json", '{"dependencies": {"b": "1"}}'),
        ("index.html", "<h1>Teapots</h1>"),
    ],
)  # fmt: skip
def test_what_names_no_packages_is_silent(audit, name, text):
    outcome = audit({name: text})
    assert outcome.run.status is Status.NOT_APPLICABLE
    assert (outcome.findings, reasons(outcome)) == ((), {})


@pytest.mark.parametrize("text", ["{", "[]", "", "3"])
def test_a_manifest_that_cannot_be_read_may_name_packages(audit, text):
    assert reasons(audit({"package.json": text})) == {
        "package.json": (None, "npm manifest without a lockfile")
    }


def test_nested_files_and_constraints(tree, target_of):
    files = {
        "requirements.txt": "-r deep/more.txt\n-c pins.txt\nidna\n-r gone.txt\n-r https://x.org/a\n",
        "deep/more.txt": "django==2.2.0\n-r ../requirements.txt\n",
        "pins.txt": "idna==3.7\n-c deeper/pins.txt\n",
        "deeper/pins.txt": "idna==3.6\n-c ../pins.txt\n",
    }
    target, host = target_of(tree(files))
    collected = Packages().collect(target, host)
    assert [(str(pin.key), str(pin.location)) for pin in collected.pins] == [
        ("django==2.2.0", "deep/more.txt:1"),
        ("idna==3.7", "pins.txt:1"),
    ]
    assert [(reason, item.name, str(item.location)) for reason, item in collected.missed] == [
        ("includes a file that is not in the repository", "gone.txt", "requirements.txt:4"),
        ("includes a file from the network", "https://x.org/a", "requirements.txt:5"),
    ]


def test_what_is_no_requirement_is_named_by_its_line_alone(audit):
    key = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dcQX"
    token = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
    lines = [f"STRIPE={key}", token, f"foo==password={key}", f"-e git+https://h/x?token={key}", "a"]
    lock = f'version = 1\n[[package]]\nname = "{key} x"\nversion = "1.0"\n[[package]]\n' + (
        f'name = "b"\nversion = "{token}"\n'
    )
    outcome = audit({"requirements.txt": "\n".join(lines), "sub/uv.lock": lock})
    assert outcome.run.not_covered_count == 7
    assert key not in repr(outcome)
    assert token not in repr(outcome)
    assert reasons(outcome)["a"] == (5, "is not pinned to one version")


WORD = "hunter" + "2x"
LOGIN = f"https://deploy:{WORD}@h.example.com/org/y"
WITH_LOGINS = {
    "requirements.txt": [
        *(f"{option}git+https://deploy:p/{WORD}@h.example.com/x"
          for option in ("-r ", "-c ", "-e ", "", "foo @ ")),
        f"-c https://deploy:{WORD} /x@h.example.com/x",
    ],
    "pyproject.toml": [
        f'[project]\ndependencies = ["foo @ git+https://deploy:p/{WORD}@h.example.com/x"]'
    ],
    "yarn.lock": [
        f'# yarn lockfile v1\n\n\n"git+{LOGIN}.git":\n  version "1.0.0"',
        f'__metadata:\n  version: 8\n\n"{LOGIN}":\n  version: 1.0.0\n  resolution: "{LOGIN}"',
    ],
    "pnpm-lock.yaml": [
        f"lockfileVersion: 5.4\n\npackages:\n\n  {LOGIN[8:]}/abc123:\n    dev: false",
        f"lockfileVersion: '9.0'\n\npackages:\n\n  '{LOGIN}':\n    version: 1.0.0",
        f"lockfileVersion: '9.0'\n\npackages:\n\n  '{LOGIN[8:]}':\n    version: 1.0.0",
    ],
    "bun.lock": [
        f'{{"lockfileVersion": 1, "workspaces": {{"": {{}}}}, "packages": {{"y": ["{LOGIN}"]}}}}'
    ],
    "composer.lock": [
        f'{{"packages": [{{"name": "{LOGIN}", "version": "1.0"}}], "packages-dev": []}}',
        f'{{"packages": [{{"name": "v/a", "version": "{LOGIN}"}}], "packages-dev": []}}',
    ],
    "Gemfile.lock": [
        f"GEM\n  specs:\n    {LOGIN} (1.0)\n\nDEPENDENCIES\n  {LOGIN}",
        f"GEM\n  specs:\n    a ({LOGIN})\n\nDEPENDENCIES\n  a",
        f"GEM\n  specs:\n    {LOGIN} (1.0)\n      b\n    b (1.0)\n\nDEPENDENCIES\n  {LOGIN}",
    ],
    "Cargo.lock": [
        f'[[package]]\nname = "{LOGIN}"\nversion = "1.0.0"\nsource = "registry+https://x"',
        f'[[package]]\nname = "a"\nversion = "{LOGIN}"\nsource = "registry+https://x"',
    ],
    "packages.lock.json": [
        f'{{"version": 1, "dependencies": {{"net8.0": {{"{LOGIN}": {{"resolved": "1.0"}}}}}}}}',
        f'{{"version": 1, "dependencies": {{"net8.0": {{"A": {{"resolved": "{LOGIN}"}}}}}}}}',
    ],
    "package-lock.json": [
        '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/' f'{LOGIN}": '
        '{"version": "1.0.0"}}}',
        '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": '
        f'{{"version": "{LOGIN}"}}}}}}',
        f'{{"lockfileVersion": 1, "dependencies": {{"{LOGIN}": {{"version": "1.0.0"}}}}}}',
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in WITH_LOGINS.items() for text in texts]
)
def test_a_login_in_a_url_is_neither_a_pin_nor_shown(tree, target_of, audit, name, text):
    target, host = target_of(tree({name: text + "\n"}))
    collected = Packages().collect(target, host)
    assert collected.missed
    assert not [pin for pin in collected.pins if pin.key.name != "b"]
    assert WORD not in repr((collected.pins, collected.missed))
    assert WORD not in repr(audit({name: text + "\n"}))


@pytest.mark.parametrize(
    ("name", "text", "item", "reason"),
    [
        ("uv.lock", "", "uv.lock", "is empty"),
        ("poetry.lock", "\n", "poetry.lock", "is empty"),
        ("yarn.lock", b"\xff\xfe", "yarn.lock", "is not UTF-8 text"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3"\ndjango = "3.2"\n', "django",
         "is named in pyproject.toml without a lockfile"),
        ("pyproject.toml", '[dependency-groups]\ndev = ["attrs"]\n', "attrs",
         "is named in pyproject.toml without a lockfile"),
        ("pyproject.toml", '[project]\ndynamic = ["dependencies"]\n', "dependencies",
         "are computed when the package is built"),
        ("setup.py", "raise SystemExit('never run')", "setup.py",
         "may name packages in code, which is never run; no lockfile"),
        ("setup.cfg", "[options]\n", "setup.cfg", "may name packages; no lockfile"),
        ("requirements.in", "django\n", "requirements.in",
         "names packages that no requirements file beside it pins"),
        ("environment.yml", "a: 1\n", "environment.yml", "packages of Conda are not audited"),
        ("bun.lockb", "x", "bun.lockb",
         "bun's binary lockfile is not read; bun.lock is: bun install --save-text-lockfile"),
        ("deno.lock", "{}", "deno.lock", "packages of Deno are not audited"),
        ("mix.lock", "%{}", "mix.lock", "packages of Hex are not audited"),
        ("pubspec.lock", "", "pubspec.lock", "packages of Pub are not audited"),
        ("Podfile.lock", "", "Podfile.lock", "packages of CocoaPods are not audited"),
        ("packages.config", "<packages/>", "packages.config",
         "is no lockfile; packages.lock.json is read"),
    ],
)  # fmt: skip
def test_packages_that_nothing_pins_are_never_left_out_in_silence(audit, name, text, item, reason):
    outcome = audit({name: text})
    assert {key: why for key, (_, why) in reasons(outcome).items()} == {item: reason}
    assert not outcome.run.complete
    assert "--offline" not in outcome.run.next_step


def test_a_parser_with_a_bug_costs_one_file(audit, monkeypatch):
    def parse(_text):
        raise ZeroDivisionError("x")

    monkeypatch.setattr("shopsec.scan.dependencies.lockfiles.requirements.parse", parse)
    outcome = audit({"requirements.txt": "a==1\n", "yarn.lock": FORMATS["yarn.lock"][0]})
    assert reasons(outcome)["requirements.txt"] == (
        None, "a bug in shopsec, please report it: ZeroDivisionError"
    )  # fmt: skip
    assert reasons(outcome)["a 1.0.0"] == (4, NOT_LOOKED_UP)


def test_names_and_versions_that_no_package_can_have_are_named(audit):
    packages = [("a b", "1"), ("c", "1" * 257), ("d" * 513, "1"), ("e", "1")]
    lock = "version = 3\n" + "".join(
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = "registry+x"\n'
        for name, version in packages
    )
    outcome = audit({"Cargo.lock": lock})
    why = "has a name or version that no package can have"
    assert {name: place for name, place in reasons(outcome).items() if place[1] == why} == {
        "line 3": (3, why), "line 7": (7, why), "line 11": (11, why),
    }  # fmt: skip
    assert outcome.run.handed_in == 4


def test_pins_of_development_and_of_tests_are_told_apart(tree, target_of):
    lock = {"": {}, "node_modules/a": {"version": "1.0.0", "dev": True},
            "node_modules/b": {"version": "1.0.0"}}  # fmt: skip
    text = json.dumps({"lockfileVersion": 3, "packages": lock})
    target, host = target_of(tree({"package-lock.json": text, "tests/yarn.lock":
                                   FORMATS["yarn.lock"][0]}))  # fmt: skip
    pins = Packages().collect(target, host).pins
    assert [(pin.key.name, pin.location.uri, pin.role) for pin in pins] == [
        ("a", "package-lock.json", Role.DEV),
        ("b", "package-lock.json", Role.PRODUCTION),
        ("a", "tests/yarn.lock", Role.TEST),
    ]
