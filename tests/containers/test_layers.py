from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.model import BuildStep, ImageUse, Location
from shopsec.scan.containers.image_answer import Metadata
from shopsec.scan.containers.images import Image
from shopsec.scan.containers.layered_image import LayeredImage
from shopsec.scan.containers.layers import Part, read_layers

STEPS = (("ENV", "A=b"), ("RUN", "pip install x"), ("COPY", ". ."), ("CMD", '["python", "a.py"]'))
BASE = ("ADD file:1 in /", '-CMD ["bash"]')
BUILDKIT = (
    "-ENV A=b",
    "RUN |1 V=1 /bin/sh -c pip install   x # buildkit",
    "COPY . . # buildkit",
    '-CMD ["python" "a.py"]',
)
CLASSIC = (
    "-/bin/sh -c #(nop)  ENV A=b",
    "/bin/sh -c pip install x",
    "/bin/sh -c #(nop) COPY dir:9a in . ",
    '-/bin/sh -c #(nop)  CMD ["python" "a.py"]',
)


def use(steps=STEPS, uri="Dockerfile"):
    placed = tuple(
        BuildStep(keyword, text, Location(uri=uri, start_line=line))
        for line, (keyword, text) in enumerate(steps, 2)
    )
    return ImageUse("debian:12", Location(uri=uri, start_line=1), ships=True, steps=placed)


def metadata(history, labels=None, layers=None):
    count = sum(not each.startswith("-") for each in history) if layers is None else layers
    entries = [
        {"created_by": each.removeprefix("-"), "empty_layer": each.startswith("-")}
        for each in history
    ]
    config = {"history": entries, "config": {"Labels": labels}}
    return Metadata.model_validate(
        {"DiffIDs": [str(number) for number in range(count)], "ImageConfig": config}
    )


def origins(layers, count):
    found = [layers.origin(str(number)) for number in range(count)]
    return [(each.part, each.location and str(each.location)) for each in found]


@pytest.mark.parametrize("own", [BUILDKIT, CLASSIC])
def test_the_dockerfile_that_made_an_image_tells_its_layers_apart(own):
    layers = read_layers(metadata((*BASE, *own)), [use(), use((("CMD", "other"),), "b/Dockerfile")])
    assert origins(layers, 3) == [
        (Part.BASE, "Dockerfile:1"),
        (Part.OWN, "Dockerfile:3"),
        (Part.OWN, "Dockerfile:4"),
    ]
    assert (layers.base, layers.guessed) == ("debian:12", False)


@pytest.mark.parametrize(
    "uses",
    [
        [],
        [use((*STEPS[:3], ("CMD", '["python", "b.py"]')))],
        [use((*STEPS[:1], ("RUN", "pip install y"), *STEPS[2:]))],
        [use(STEPS[:2])],
        [use(), use(uri="b/Dockerfile")],  # either may have made it
        [use((("COPY", ". ."), ("COPY", "a b")))],  # no words to compare
        [use((("ENV", "A=b"),) * 9)],
        [use(())],
    ],
)
def test_without_one_the_bases_last_command_is_a_guess(uses):
    layers = read_layers(metadata((*BASE, *BUILDKIT)), uses)
    assert origins(layers, 3) == [(Part.BASE, None), (Part.OWN, None), (Part.OWN, None)]
    assert (layers.base, layers.guessed, layers.dockerfile) == ("", True, None)


def test_a_label_names_the_base():
    labels = {"org.opencontainers.image.base.name": "docker.io/library/debian:12"}
    layers = read_layers(metadata((*BASE, *BUILDKIT), labels), [])
    assert layers.base == "docker.io/library/debian:12"


@pytest.mark.parametrize(
    ("history", "layers"),
    [
        ((), 2),
        ((*BASE, *BUILDKIT), 9),  # squashed, or flattened by another builder
        (("ADD rootfs /", '-CMD ["sh"]'), 1),  # a base itself
        (("bazel build ...",), 1),
    ],
)
def test_layers_that_nothing_tells_of_are_nobodys(history, layers):
    found = read_layers(metadata(history, layers=layers), [use()])
    assert origins(found, layers) == [(Part.UNKNOWN, None)] * layers


def test_of_two_dockerfiles_the_longer_one_made_it():
    short = use(STEPS[2:], "short/Dockerfile")
    layers = read_layers(metadata((*BASE, *BUILDKIT)), [short, use()])
    assert layers.base_location == Location(uri="Dockerfile", start_line=1)


def test_an_empty_layer_that_the_base_has_too_is_the_bases():
    found = metadata((*BASE, *BUILDKIT)).model_copy(update={"diff_ids": ["0", "0", "1"]})
    assert origins(read_layers(found, [use()]), 2) == [
        (Part.BASE, "Dockerfile:1"),
        (Part.OWN, "Dockerfile:4"),
    ]


@given(
    st.lists(st.text(max_size=40) | st.sampled_from((*BASE, *BUILDKIT)), max_size=12),
    st.lists(st.sampled_from(STEPS), max_size=4),
    st.integers(0, 12),
)
def test_any_history_tells_something_or_nothing(history, steps, count):
    layers = read_layers(metadata(history, layers=count), [use(steps)])
    found = [layers.origin(str(number)).part for number in range(count)]
    # What the base brings lies below all that is added to it.
    assert Part.UNKNOWN not in found or set(found) == {Part.UNKNOWN}
    assert sorted(found, key=[Part.BASE, Part.OWN, Part.UNKNOWN].index) == found


def test_names_from_files_are_made_printable():
    hostile = use()
    hostile = replace(hostile, image="debian\x1b[2J\u202e:12", newer="a\x1b:1")
    image = Image("shop.tar", "/shop.tar", "shop.tar", Location(uri="shop.tar"))
    layers = read_layers(metadata((*BASE, *BUILDKIT)), [hostile])
    seen = LayeredImage(image, layers, "")
    origin = layers.origin("0")
    assert seen.name(origin) == "shop.tar, from its base image debian\\x1b[2J\\u202e:12"
    assert (seen.label(origin), seen.newer(origin)) == ("debian\\x1b[2J\\u202e", "a\\x1b:1")
