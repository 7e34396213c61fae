import pytest

from shopsec.scan.containers.silencers import without_silencers


@pytest.mark.parametrize(
    ("content", "expected", "count"),
    [
        (b"#trivy:ignore:DS-0002\n", b"#trivy.ignore:DS-0002\n", 1),
        (b"a # tfsec:ignore:* b\n", b"a # tfsec.ignore:* b\n", 1),
        (b"//trivy:exp:2030-01-01\t:ignore:x", b"//trivy.exp:2030-01-01\t:ignore:x", 1),
        (b"#trivy:ignore:a trivy:ignore:b", b"#trivy.ignore:a trivy.ignore:b", 2),
        (b"image: aquasec/trivy:0.76.0\n# ignore: this", None, 0),
        (b"trivy:\nignore:", None, 0),
        (b"trivy:" * 500_000 + b" ignore:", None, 0),
    ],
)
def test_comments_that_silence_trivy(content, expected, count):
    assert without_silencers(content) == (content if expected is None else expected, count)
