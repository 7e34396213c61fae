"""A shop with a lockfile of every ecosystem, and advisories in the shapes of their databases."""

import json

from tests.dependencies.osv_stub import Record, advisory

LOCKFILES = {
    "api/uv.lock": """version = 1

[[package]]
name = "shop-api"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "django" }, { name = "pillow" }]

[[package]]
name = "django"
version = "4.2.0"
source = { registry = "https://index.example.org/simple" }
dependencies = [{ name = "sqlparse" }]

[[package]]
name = "pillow"
version = "11.3.0"
source = { registry = "https://index.example.org/simple" }

[[package]]
name = "sqlparse"
version = "0.4.3"
source = { registry = "https://index.example.org/simple" }
""",
    "web/package-lock.json": json.dumps(
        {
            "name": "web",
            "lockfileVersion": 3,
            "packages": {
                "": {"dependencies": {"express": "^4"}, "devDependencies": {"evil-lib": "^1"}},
                "node_modules/express": {"version": "4.17.1", "dependencies": {"qs": "6.7.0"}},
                "node_modules/qs": {"version": "6.7.0"},
                "node_modules/@scope/ui": {"version": "2.0.0"},
                "node_modules/evil-lib": {"version": "1.4.2", "dev": True},
            },
        },
        indent=1,
    ),
    "composer.json": '{"require": {"shopware/core": "^6.4"}}',
    "composer.lock": json.dumps(
        {
            "packages": [
                {"name": "shopware/core", "version": "v6.4.20.1"},
                {"name": "Twig/Twig", "version": "v3.4.0"},
            ],
            "packages-dev": [{"name": "phpunit/phpunit", "version": "9.5.0"}],
        },
        indent=1,
    ),
    "rails/Gemfile.lock": """GEM
  remote: https://gems.example.org/
  specs:
    nokogiri (1.13.0-x86_64-linux)
    rack (2.2.3)

DEPENDENCIES
  nokogiri
""",
    "go/go.mod": """module shop

go 1.22.0

require (
\tgolang.org/x/net v0.7.0
\texample.org/quiet v1.0.0 // indirect
)
""",
    "java/gradle.lockfile": """org.apache.logging.log4j:log4j-core:2.14.1=runtimeClasspath
org.yaml:snakeyaml:2.0=runtimeClasspath
empty=
""",
    "rust/Cargo.lock": """version = 3

[[package]]
name = "time"
version = "0.1.44"
source = "registry+https://github.com/rust-lang/crates.io-index"
""",
    "net/packages.lock.json": json.dumps(
        {
            "version": 1,
            "dependencies": {
                "net8.0": {"Newtonsoft.Json": {"type": "Direct", "resolved": "12.0.3"}}
            },
        }
    ),
}

V3 = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
V3_LOWER = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}
V4 = {
    "type": "CVSS_V4",
    "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
}

_SQL = ("CVE-2030-0001", "GHSA-aaaa-aaaa-aaaa", "PYSEC-2030-1")


def _aliases(id_: str) -> list[str]:
    return [name for name in _SQL if name != id_]


ADVISORIES: list[Record] = [
    # One vulnerability as two databases tell it: PYSEC without summary and severity.
    advisory(
        "GHSA-aaaa-aaaa-aaaa", "PyPI", "Django", ("introduced", "4.2"), ("fixed", "4.2.11"),
        summary="Django: SQL injection", aliases=_aliases("GHSA-aaaa-aaaa-aaaa"),
        severity=[V4, V3], database_specific={"severity": "CRITICAL", "cwe_ids": ["CWE-89"]},
        references=[{"type": "WEB", "url": "https://example.org/a"}],
    ),
    advisory(
        "PYSEC-2030-1", "PyPI", "django", ("introduced", "0"), ("fixed", "4.2.11"), summary="",
        aliases=_aliases("PYSEC-2030-1"),
    ),
    # Only listed, and outside its range.
    advisory(
        "PYSEC-2030-2", "PyPI", "sqlparse", ("introduced", "0.1"), ("fixed", "0.2"),
        affected=[{
            "package": {"ecosystem": "PyPI", "name": "sqlparse"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0.1"}, {"fixed": "0.2"}]}],
            "versions": ["0.1.5", "0.4.3"], "severity": [V4],
        }],
    ),
    advisory(
        "GHSA-withdrawn-1", "PyPI", "pillow", ("introduced", "0"),
        withdrawn="2026-01-01T00:00:00Z",
    ),
    advisory(
        "GHSA-qsqs-qsqs-qsqs", "npm", "qs", ("introduced", "6.7.0"), ("fixed", "6.7.3"),
        range_type="SEMVER", aliases=["CVE-2030-0002"], severity=[V3_LOWER],
    ),
    advisory(
        "MAL-2030-1", "npm", "evil-lib", ("introduced", "0"), range_type="SEMVER",
        summary="Malicious code in evil-lib (npm)", aliases=["GHSA-evil-evil-evil"],
    ),
    advisory("MAL-2030-2", "npm", "evil-other", ("introduced", "0"), range_type="SEMVER"),
    advisory(
        "GHSA-shop-shop-shop", "Packagist", "shopware/core", ("introduced", "6.4.0.0"),
        ("fixed", "6.4.20.2"), aliases=["CVE-2030-0003"], severity=[V3],
    ),
    # Two packages, each with a severity of its own.
    {
        "id": "GHSA-twig-twig-twig", "modified": "2026-10-02T00:00:00Z", "summary": "Two packages",
        "affected": [
            {
                "package": {"ecosystem": "Packagist", "name": name}, "severity": [severity],
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
                ],
            }
            for name, severity, fixed in (
                ("twig/twig", V3_LOWER, "3.4.3"), ("phpunit/phpunit", V3, "9.5.1")
            )
        ],
    },
    advisory(
        "GHSA-noko-noko-noko", "RubyGems", "nokogiri", ("introduced", "0"), ("fixed", "1.13.2"),
        database_specific={"severity": "HIGH"},
    ),
    advisory(
        "GO-2030-0001", "Go", "golang.org/x/net", ("introduced", "0"), ("fixed", "0.17.0"),
        range_type="SEMVER", aliases=["CVE-2030-0004"],
        references=[{"type": "FIX", "url": "https://example.org/fix"}],
    ),
    advisory(
        "GHSA-log4-log4-log4", "Maven", "org.apache.logging.log4j:log4j-core",
        ("introduced", "2.13.0"), ("fixed", "2.15.0"), aliases=["CVE-2021-44228"], severity=[V3],
    ),
    advisory(
        "RUSTSEC-2030-0001", "crates.io", "time", ("introduced", "0.1.0"), ("fixed", "0.2.23"),
        range_type="SEMVER", references=[{"type": "WEB", "url": "https://example.org/t"}],
    ),
    advisory(
        "GHSA-json-json-json", "NuGet", "Newtonsoft.Json", ("introduced", "0"),
        ("last_affected", "13.0.0"), severity=[V3_LOWER],
    ),
]  # fmt: skip
ECOSYSTEMS = sorted({record["affected"][0]["package"]["ecosystem"] for record in ADVISORIES})
