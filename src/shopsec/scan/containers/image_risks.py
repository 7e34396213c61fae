"""What else an image's report tells: an ended system, a start as root, secrets in layers. Pure."""

from collections.abc import Iterator

from shopsec.model import Area, Finding, ImageKind, Rule, Severity
from shopsec.scan.containers.answers import plain_text, severity_of
from shopsec.scan.containers.image_answer import ImageAnswer, Secret
from shopsec.scan.containers.layered_image import LayeredImage
from shopsec.scan.containers.layers import Part
from shopsec.scan.containers.vulnerabilities import SCANNER

SYSTEM_ENDED = Rule(
    id="trivy.EOSL",
    scanner=SCANNER,
    title="Operating system without security fixes",
    severity=Severity.HIGH,
    why="Nobody mends or even lists what is found in it from now on.",
    fix="Build the image on a release that is still supported, or move the machine to one.",
)
_ROOT = Rule(
    id="trivy.DS-0002",
    scanner=SCANNER,
    title="Image starts as root",
    severity=Severity.MEDIUM,
    why="Whoever breaks in is root in the container, one kernel bug from the host.",
    fix="Add USER with a user of its own to the end of the Dockerfile, and build the image again.",
    cwe=(250,),
    impact="root-container",
)
_ROOTS = frozenset({"", "0", "root"})
_IN_A_ROOT_FOLDER = {
    "why": "Whoever gets the folder, as the pipeline that scans it does, reads it.",
    "fix": "Leave the file out of what is handed over; make it invalid where others had it.",
}


def of_system(answer: ImageAnswer, image: LayeredImage) -> Iterator[tuple[Finding, Rule]]:
    """A finding where the operating system gets no fixes any more."""
    system = answer.metadata.system
    if system is None or not system.end_of_life:
        return
    origin = image.base
    yield (
        Finding(
            rule_id=SYSTEM_ENDED.id,
            scanner=SCANNER,
            area=Area.CONTAINERS,
            message=(
                f"{image.image.name} rests on {image.system}, which gets no security fixes any more"
            ),
            location=image.location(origin),
            related=image.related(origin),
            severity=Severity.HIGH,
            symbol=f"{image.label(origin)} {system.family}",
            image=image.scanned(origin),
        ),
        SYSTEM_ENDED,
    )


def of_user(answer: ImageAnswer, image: LayeredImage) -> Iterator[tuple[Finding, Rule]]:
    """A finding where an image of one's own starts as root.

    Images of others often start so and let go of it, as databases do.
    """
    if image.image.kind is not ImageKind.IMAGE:
        return
    user = answer.metadata.image_config.config.user.partition(":")[0]
    origin = image.own
    ours = origin.part is Part.OWN or image.image.path is not None
    if user not in _ROOTS or not ours:
        return
    yield (
        Finding(
            rule_id=_ROOT.id,
            scanner=SCANNER,
            area=Area.CONTAINERS,
            message=f"{image.image.name} starts as root",
            location=image.location(origin),
            related=image.related(origin),
            severity=Severity.MEDIUM,
            symbol=image.image.label,
            image=image.scanned(origin),
        ),
        _ROOT,
    )


def of_secrets(answer: ImageAnswer, image: LayeredImage) -> Iterator[tuple[Finding, Rule]]:
    """A finding for each kind of secret in a file of any layer: a later one hides nothing."""
    for result in answer.results:
        for found in result.secrets:
            yield _secret(found, answer.place_of_secret(result), image)


def _secret(found: Secret, path: str, image: LayeredImage) -> tuple[Finding, Rule]:
    origin = image.layers.origin(found.layer.diff_id)
    title = plain_text(found.title, 100) or plain_text(found.rule, 100)
    rule = Rule(
        id=f"trivy.secret.{plain_text(found.rule, 100)}",
        scanner=SCANNER,
        title=f"{title} in an image",
        severity=severity_of(found.severity),
        why="Whoever can pull the image reads it, also where a later layer deletes the file.",
        fix="Make it invalid where it was given out; hand the new one in with --mount=type=secret.",
        cwe=(798,),
        impact="credential",
    )
    if image.image.kind is ImageKind.ROOT_FOLDER:
        rule = rule.model_copy(update=_IN_A_ROOT_FOLDER | {
            "id": f"trivy.root-secret.{plain_text(found.rule, 100)}",
            "title": f"{title} in a root folder",
        })  # fmt: skip
    finding = Finding(
        rule_id=rule.id,
        scanner=SCANNER,
        area=Area.CONTAINERS,
        message=f"{title} in {path} of {image.name(origin)}",
        location=image.location(origin),
        related=image.related(origin),
        severity=rule.severity,
        symbol=f"{image.label(origin)} {path}",
        image=image.scanned(origin),
    )
    return finding, rule
