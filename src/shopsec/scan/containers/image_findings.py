"""From the report of `trivy image` to findings and to what it could not look at. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from shopsec.model import Finding, ImageKind, ImageUse, Location, Rule
from shopsec.scan.containers.image_answer import ImageAnswer
from shopsec.scan.containers.image_risks import of_secrets, of_system, of_user
from shopsec.scan.containers.images import Image
from shopsec.scan.containers.layered_image import LayeredImage
from shopsec.scan.containers.layers import read_layers
from shopsec.scan.containers.vulnerabilities import of_packages


@dataclass(frozen=True)
class ImageFindings:
    """What a report says of one image."""

    findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()
    missed: str = ""
    """Why the image is not covered although there is a report; empty where it is."""
    unknown_kinds: tuple[str, ...] = ()
    """Kinds of result in the report that are new to shopsec."""
    built_on: Location | None = None
    """The FROM line that its base image comes from, where the Dockerfile is known."""
    java: bool = False
    """It holds Java archives, which are recognised with an index of their own."""


# Trivy's warning about a release that it knows nothing of; the report does not tell.
_UNKNOWN_RELEASE = "not on the EOL list"
_NO_SYSTEM = {
    ImageKind.ROOT_FOLDER: "Trivy does not know its operating system from its files",
    ImageKind.SBOM: "names no operating system that Trivy knows: packages of one are not compared",
}
# Advisories of systems speak of source packages, which only an SBOM of its own tells Trivy.
_OF_OTHERS = "Third-party SBOM"


def read_answer(
    answer: ImageAnswer, words: str, image: Image, uses: Sequence[ImageUse]
) -> ImageFindings:
    """Sort a report out, and what Trivy said beside it.

    ``uses`` tell which Dockerfile made which layer.
    """
    system = answer.metadata.system
    layered = LayeredImage(
        image, read_layers(answer.metadata, uses), system.release if system else ""
    )
    findings: dict[tuple[str, str], Finding] = {}
    rules: dict[str, Rule] = {}
    for finding, rule in chain(
        of_packages(answer, layered),
        of_system(answer, layered),
        of_user(answer, layered),
        of_secrets(answer, layered),
    ):
        findings.setdefault((finding.rule_id, finding.symbol), finding)
        rules.setdefault(rule.id, rule)
    return ImageFindings(
        tuple(findings.values()),
        tuple(rules.values()),
        _missed(answer, words, image.kind),
        answer.unknown_kinds,
        layered.layers.base_location,
        answer.lists("jar"),
    )


def _missed(answer: ImageAnswer, words: str, kind: ImageKind) -> str:
    """What looks clean to Trivy: a deleted list of packages, a release without advisories."""
    if not any(result.packages for result in answer.results):
        return "Trivy found no list of packages in it"
    system = answer.metadata.system
    if kind in _NO_SYSTEM and not (system and system.release):
        return _NO_SYSTEM[kind]
    if kind is ImageKind.SBOM and _OF_OTHERS in words:
        return "was not made by Trivy, which may miss packages whose source has another name"
    of_system = [result for result in answer.results if result.kind == "os-pkgs"]
    if system is not None and not any(each.packages for each in of_system):
        return "Trivy found no list of its operating system's packages"
    # One that is newer than Trivy itself is known to its database all the same.
    compared = any(each.vulnerabilities for each in of_system)
    if system is not None and _UNKNOWN_RELEASE in words and not compared:
        return f"this Trivy does not know {system.release}: no vulnerabilities of its packages"
    return ""
