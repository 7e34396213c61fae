"""Writes SBOMs of an image as Trivy does (0.76), CycloneDX and SPDX in JSON, and as others do."""

import json
from typing import Any

_TRIVY = {"type": "application", "group": "aquasecurity", "name": "trivy", "version": "0.76.0"}
_OTHER = {"type": "application", "author": "anchore", "name": "syft", "version": "1.9.0"}
_ZLIB = "pkg:deb/debian/zlib1g@1.2.13.dfsg-1%2Bb1?arch=amd64&distro=debian-12.4&epoch=1"
_DJANGO = "pkg:pypi/django@3.2.0"
_LAYER = "sha256:" + "ab" * 32


def cyclonedx(*, by_trivy: bool = True, system: bool = True, packages: bool = True) -> str:
    """Debian 12.4 with its zlib1g, whose source is zlib, and Django."""
    zlib = _of_trivy(
        LayerDiffID=_LAYER,
        PkgID="zlib1g@1:1.2.13.dfsg-1+b1",
        PkgType="debian",
        SrcEpoch="1",
        SrcName="zlib",
        SrcRelease="1",
        SrcVersion="1.2.13.dfsg",
    )
    components: list[dict[str, Any]] = []
    if system:
        about = _of_trivy(Class="os-pkgs", Type="debian")
        components.append(
            {"type": "operating-system", "bom-ref": "os", "name": "debian", "version": "12.4"}
            | ({"properties": about} if by_trivy else {})
        )
    if packages:
        components += [
            {"type": "library", "bom-ref": _ZLIB, "name": "zlib1g", "purl": _ZLIB,
             "version": "1:1.2.13.dfsg-1+b1"} | ({"properties": zlib} if by_trivy else {}),
            {"type": "library", "bom-ref": _DJANGO, "name": "Django", "version": "3.2.0",
             "purl": _DJANGO, "properties": _of_trivy(PkgType="python-pkg")},
        ]  # fmt: skip
    image = {"type": "container", "bom-ref": "image", "name": "shop",
             "properties": _of_trivy(DiffID=_LAYER, Reference="shop:1")}  # fmt: skip
    tools = {"components": [_TRIVY if by_trivy else _OTHER]}
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {"tools": tools, "component": image},
            "components": components,
            "dependencies": [
                {"ref": "image", "dependsOn": ["os", _DJANGO]},
                {"ref": "os", "dependsOn": [_ZLIB]},
            ],
        }
    )


def spdx() -> str:
    """The same as SPDX 2.3."""
    zlib = _spdx_package("zlib1g", "1:1.2.13.dfsg-1+b1", _ZLIB, "PkgType: debian")
    zlib["sourceInfo"] = "built package from: zlib 1:1.2.13.dfsg-1"
    system = _spdx_package("debian", "12.4", "", "Class: os-pkgs", "Type: debian")
    system["primaryPackagePurpose"] = "OPERATING-SYSTEM"
    image = _spdx_package("shop", "", "", f"DiffID: {_LAYER}", "Reference: shop:1")
    image["primaryPackagePurpose"] = "CONTAINER"
    django = _spdx_package("Django", "3.2.0", _DJANGO, "PkgType: python-pkg")
    pairs = [
        ("DOCUMENT", "shop", "DESCRIBES"),
        ("shop", "debian", "CONTAINS"),
        ("debian", "zlib1g", "CONTAINS"),
        ("shop", "Django", "CONTAINS"),
    ]
    return json.dumps(
        {
            "spdxVersion": "SPDX-2.3",
            "dataLicense": "CC0-1.0",
            "SPDXID": "SPDXRef-DOCUMENT",
            "name": "shop",
            "documentNamespace": "https://example.org/shop",
            "creationInfo": {
                "creators": ["Organization: aquasecurity", "Tool: trivy-0.76.0"],
                "created": "2026-11-20T06:00:00Z",
            },
            "packages": [image, system, zlib, django],
            "relationships": [
                {
                    "spdxElementId": f"SPDXRef-{_IDS.get(one, one)}",
                    "relatedSpdxElement": f"SPDXRef-{_IDS.get(other, other)}",
                    "relationshipType": kind,
                }
                for one, other, kind in pairs
            ],
        }
    )


def _of_trivy(**values: str) -> list[dict[str, str]]:
    return [{"name": f"aquasecurity:trivy:{key}", "value": text} for key, text in values.items()]


# Trivy tells systems and images by the beginning of their identifiers.
_IDS = {"debian": "OperatingSystem-debian", "shop": "ContainerImage-shop"}


def _spdx_package(name: str, version: str, purl: str, *comments: str) -> dict[str, Any]:
    reference = {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": purl,
    }
    return {
        "name": name,
        "SPDXID": f"SPDXRef-{_IDS.get(name, name)}",
        "versionInfo": version,
        "filesAnalyzed": False,
        "downloadLocation": "NONE",
        "externalRefs": [reference] if purl else [],
        "annotations": [
            {
                "annotator": "Tool: trivy-0.76.0",
                "annotationDate": "2026-11-20T06:00:00Z",
                "annotationType": "OTHER",
                "comment": comment,
            }
            for comment in comments
        ],
    }
