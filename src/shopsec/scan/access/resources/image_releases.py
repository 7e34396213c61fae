"""The newest release of an image's own line, as far as the table of lifecycles tells."""

import datetime

from shopsec.policy.lifecycle import Lifecycles, numbers_of
from shopsec.scan.access.resources.images import ImageReference
from shopsec.scan.access.resources.lifecycle_images import products_in


def newer_release(image: ImageReference, lifecycles: Lifecycles, today: datetime.date) -> str:
    """``python:3.11.14-slim`` for ``python:3.11.4-slim``; empty where nothing newer is known.

    A tag such as ``3.11-slim`` moves with its line by itself. Where the tag names a system as
    well that has ended, as ``php:8.2.1-fpm-alpine3.16`` does, there may be no such newer image.
    """
    held = products_in(image, lifecycles)
    if not held or not held[0].version or not image.tag.startswith(held[0].version):
        return ""
    states = [lifecycles.state(each.product, each.version, today) for each in held if each.version]
    first = states[0]
    if first is None or not first.latest or any(each is None or each.ended for each in states[1:]):
        return ""
    own, newest = numbers_of(held[0].version), numbers_of(first.latest)
    if len(own) != len(newest) or own >= newest:
        return ""
    return f"{image.name}:{first.latest}{image.tag.removeprefix(held[0].version)}"
