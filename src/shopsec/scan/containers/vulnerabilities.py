"""Known vulnerabilities of the packages in an image. Pure."""

import re
from collections.abc import Iterator

from shopsec.model import Advisory, Area, Finding, ImageKind, Package, Rule
from shopsec.scan.containers.answers import plain_text, severity_of
from shopsec.scan.containers.image_answer import Cvss, ImageAnswer, Vulnerability
from shopsec.scan.containers.layered_image import LayeredImage
from shopsec.scan.containers.layers import Origin, Part

SCANNER = "trivy-image"

# OSV's names of ecosystems (https://ossf.github.io/osv-schema/), by what Trivy calls a list of
# packages; systems whose name OSV writes the same way but for the capital are not listed.
_ECOSYSTEMS = {
    **dict.fromkeys(("python-pkg", "conda-pkg", "pip", "pipenv", "poetry", "uv"), "PyPI"),
    **dict.fromkeys(("node-pkg", "npm", "yarn", "pnpm", "bun"), "npm"),
    **dict.fromkeys(("composer", "composer-vendor"), "Packagist"),
    **dict.fromkeys(("gemspec", "bundler"), "RubyGems"),
    **dict.fromkeys(("gobinary", "gomod"), "Go"),
    **dict.fromkeys(("jar", "pom", "gradle", "sbt"), "Maven"),
    **dict.fromkeys(("rustbinary", "cargo"), "crates.io"),
    **dict.fromkeys(("dotnet-core", "nuget", "packages-props"), "NuGet"),
    "alma": "AlmaLinux",
    "redhat": "Red Hat",
    "rocky": "Rocky Linux",
    "suse linux enterprise server": "SUSE",
    "opensuse.leap": "openSUSE",
}
# Whose CVSS score counts: the national database's, then GitHub's, then the others' by name.
_SCORERS = ("nvd", "ghsa")


def of_packages(answer: ImageAnswer, image: LayeredImage) -> Iterator[tuple[Finding, Rule]]:
    """A finding for each package, version and vulnerability, with its rule."""
    for result in answer.results:
        for found in result.vulnerabilities:
            origin = image.layers.origin(found.layer.diff_id)
            yield _finding(found, _ecosystem(result.type), image, origin), _rule(found)


def _ecosystem(kind: str) -> str:
    return _ECOSYSTEMS.get(kind) or plain_text(kind[:1].upper() + kind[1:], 60) or "unknown"


def _finding(found: Vulnerability, ecosystem: str, image: LayeredImage, origin: Origin) -> Finding:
    name, version = plain_text(found.package, 200), plain_text(found.installed, 200)
    advisory = _advisory(found)
    return Finding(
        rule_id=advisory.id,
        scanner=SCANNER,
        area=Area.CONTAINERS,
        message=f"{name} {version} in {image.name(origin)}: {_summary(found)}",
        location=image.location(origin),
        related=image.related(origin),
        severity=severity_of(found.severity),
        symbol=f"{image.label(origin)} {name}@{version}",
        package=Package(ecosystem=ecosystem, name=name, version=version),
        advisory=advisory,
        image=image.scanned(origin),
        fix=fix_of(name, advisory, image, origin),
    )


def fix_of(name: str, advisory: Advisory, image: LayeredImage, origin: Origin) -> str:
    """What to do about a package of an image, by whose layer it is in."""
    newer = " or ".join(advisory.fixed_versions)
    if image.image.kind is ImageKind.ROOT_FOLDER:
        if not newer:
            return f"No version of {name} fixes it yet: do without it where you can."
        return f"Raise {name} to {newer} on the machine that {image.image.name} is of."
    if not newer:
        return f"No version of {name} fixes it yet: try another base image, or do without it."
    image_name, release = image.image.name, image.newer(origin)
    if image.image.kind is ImageKind.SBOM:
        image_name = f"the image of {image_name}"
    if origin.part is Part.BASE:
        base = f"Build {image_name} on {release}" if release else (
            f"Build {image_name} with --pull, on the newest image of its base's line"
        )  # fmt: skip
        return f"{base}, to have {name} {newer}."
    if release:
        return f"Take {release}, to have {name} {newer}."
    if origin.part is Part.OWN:
        return f"Build {image_name} again with {name} {newer}."
    return f"Build {image_name} again with {name} {newer}, best on a newer base image."


def _advisory(found: Vulnerability) -> Advisory:
    vector, score = _score(found.cvss)
    identifier = plain_text(found.id, 100)
    aliases = {plain_text(each, 100) for each in found.vendor_ids[:20]}
    return Advisory(
        id=identifier,
        aliases=tuple(sorted(aliases - {identifier})),
        cvss_vector=vector,
        cvss_score=score,
        fixed_versions=tuple(
            plain_text(each, 100) for each in found.fixed.split(",")[:20] if each.strip()
        ),
    )


def _score(scores: dict[str, Cvss]) -> tuple[str | None, float | None]:
    """Vector and score of one source: CVSS 3 where there is one, else 4."""
    names = (*_SCORERS, *sorted(scores))
    sources = [scores[name] for name in names if name in scores]
    for each in sources:
        if each.v3_vector and each.v3_score:
            return plain_text(each.v3_vector, 200), each.v3_score
    for each in sources:
        if each.v4_vector and each.v4_score:
            return plain_text(each.v4_vector, 200), each.v4_score
    return None, None


def _summary(found: Vulnerability) -> str:
    """The title; distributions give none, so else the description's first sentence."""
    text = found.title or found.description
    return plain_text(text, 300).split(". ")[0] or plain_text(found.id, 100)


def _rule(found: Vulnerability) -> Rule:
    identifier, package = plain_text(found.id, 100), plain_text(found.package, 200)
    return Rule(
        id=identifier,
        scanner=SCANNER,
        title=f"{identifier} in {package}",
        severity=severity_of(found.severity),
        why=_summary(found),
        fix=f"Build the image again with a version of {package} that is not affected.",
        help_uri=found.url if found.url.startswith("https://") else None,
        cwe=_numbers(found.cwes),
    )


def _numbers(cwes: list[str]) -> tuple[int, ...]:
    matches = [re.fullmatch(r"CWE-(\d{1,6})", each) for each in cwes[:8]]
    return tuple(int(match[1]) for match in matches if match)
