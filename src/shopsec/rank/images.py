"""Actions about images: a base image is renewed, an image is built again."""

from collections.abc import Sequence

from shopsec.model import Effort, Finding, ImageKind, Result, ScannedImage, display_path

_DEEDS = {
    ImageKind.IMAGE: "Rebuild the image",
    ImageKind.ROOT_FOLDER: "Update the machine of the root folder",
    ImageKind.SBOM: "Rebuild the image of the SBOM",
}
_SYSTEM_ENDED = "trivy.EOSL"


def of_base(finding: Finding) -> bool:
    """Whether another base image mends it: what its packages or its system's age bring."""
    renewed = finding.package is not None or finding.rule_id == _SYSTEM_ENDED
    return renewed and finding.image is not None and finding.image.part == "base"


def new_base(group: Sequence[Result], worst: Result, image: ScannedImage) -> dict[str, object]:
    """A base image is changed in one line, and all that it brings goes with it."""
    base, advisory, package = image.base, worst.finding.advisory, worst.finding.package
    named = f"the base image {base}" if base else f"the base image of {image.name}"
    others = sorted({each.finding.image.name for each in group if each.finding.image})
    built = ", ".join(others[:3]) + (" ..." if len(others) > 3 else "")
    why = worst.finding.message
    if advisory is not None and package is not None:
        why = f"{advisory.id} in {package.name} {package.version}"
    if worst.fix_now_because:
        why = f"{why} ({worst.fix_now_because})"
    advised = [each.finding.advisory for each in group if each.finding.advisory]
    fixable = sum(bool(each.fixed_versions) for each in advised)
    ended = worst.finding.rule_id == _SYSTEM_ENDED
    count = f": {fixable} of {len(advised)} advisories have a fix" if advised else ""
    how = f"set FROM {image.newer}" if image.newer else "take the newest image of the same line"
    if ended:
        how = "take a release that is still supported"
    return {
        "title": f"Renew {named}{count}",
        "why": why,
        "how": f"{how}, build {built} with --pull, deploy",
        "effort": Effort.MAJOR if ended else Effort.PATCH if fixable else Effort.NONE,
    }


def rebuild(group: Sequence[Result], worst: Result) -> dict[str, object]:
    """An image's packages are not raised one by one: its base is, and it is built again."""
    package, advisory = worst.finding.package, worst.finding.advisory
    if package is None or advisory is None:
        raise ValueError("an image's package finding needs a package and an advisory")
    inside = worst.finding.image
    kind = inside.kind if inside else ImageKind.IMAGE
    own = inside is not None and inside.part == "own"
    name = inside.name if inside and own else display_path(worst.finding.location.uri)
    how = "take the newest base of the same line, build with --pull --no-cache, deploy"
    if own:
        how = "raise what its Dockerfile installs, build with --no-cache, deploy"
    elif kind is ImageKind.ROOT_FOLDER:
        how = "install the updates of its system on the machine, and of what else is named"
    elif inside is not None and inside.newer:
        how = f"take {inside.newer}, deploy"
    fixable = sum(bool(each.finding.advisory and each.finding.advisory.fixed_versions)
                  for each in group)  # fmt: skip
    why = f"{advisory.id} in {package.name} {package.version}"
    if worst.fix_now_because:
        why = f"{why} ({worst.fix_now_because})"
    return {
        "title": f"{_DEEDS[kind]} {name}: {fixable} of {len(group)} advisories have a fix",
        "why": why,
        "how": how,
        "effort": Effort.MINOR if fixable else Effort.NONE,
    }
