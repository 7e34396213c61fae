"""Settings of shops built on JavaScript: Medusa, Vendure, and the storefronts before them.

https://docs.medusajs.com/learn/configurations/medusa-config
https://nextjs.org/docs/app/api-reference/config/next-config-js
"""

import re
from collections.abc import Iterator

from shopsec.model import SourceFile
from shopsec.scan.access.documents.javascript_settings import parse_javascript_settings
from shopsec.scan.access.resources.base import Files, Resource, Source
from shopsec.scan.access.resources.settings import Place
from shopsec.scan.access.resources.stages import stage_of

_NAME = re.compile(r"(medusa-config|vendure-config|next\.config)(?:[.-][\w-]+)?\.[cm]?[jt]s")
_FRAMEWORKS = {
    "medusa-config": "medusa",
    "vendure-config": "vendure",
    "next.config": "nextjs",
}


def is_javascript_settings(file: SourceFile) -> bool:
    """True for medusa-config.ts, vendure-config.ts, next.config.mjs and their variants."""
    return "config" in file.name and _NAME.fullmatch(file.name) is not None


def build(file: SourceFile, content: bytes, files: Files) -> Iterator[Resource]:
    """Every member of every object in the file."""
    del files
    found = _NAME.fullmatch(file.name)
    if found is None:
        return
    settings = parse_javascript_settings(content)
    # Medusa's and Vendure's APIs work with cookies, so what they allow includes them.
    framework = _FRAMEWORKS[found[1]]
    credentials = framework != "nextjs" or any(
        each.name.lower() == "headers.access-control-allow-credentials" for each in settings
    )
    place = Place(file, framework, stage=stage_of(file), with_credentials=credentials)
    for each in settings:
        yield place.setting(each)


SOURCE = Source("JavaScript settings", is_javascript_settings, build, bulk=("js", "ts"))
