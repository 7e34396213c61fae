"""Comments that say that a value is no secret, in the comment styles of many languages."""

import pytest

from shopsec.scan.secrets import settling
from tests.secrets import planted

KEY = planted.stripe()


@pytest.mark.parametrize(
    "comment",
    [
        "# {}", "// {}", "/* {} */", " * {}", "-- {}", "; {}", "<!-- {} -->", "REM {}", "@rem {}",
        ":: {}", "% {}", "' {}", "{{# {} #}}", "{{% comment %}} {} {{% endcomment %}}",
        "{{%- comment -%}}{}", "<%# {} %>", "<%-- {} --%>", "{{{{!-- {} --}}}}", "{{{{! {} }}}}",
        "{{- {} -}}",
    ],
)  # fmt: skip
def test_the_line_before_in_many_comment_styles(found, comment):
    text = comment.format("pragma: allowlist nextline secret") + f'\nK = "{KEY}"\n'
    result = found(text)
    assert result.sightings == []
    assert result.left_out == {settling.SILENCED: 1}


def test_what_is_no_comment_silences_no_next_line(found):
    result = found(f'x = "pragma: allowlist nextline secret"\nK = "{KEY}"\n')
    assert len(result.sightings) == 1


@pytest.mark.parametrize(
    "ids",
    [
        "", ":private-key", ":stripe-secret-token", ":aws-access-key-id", ":*",
        ":AVD-AWS-0086 trivy:ignore:private-key",
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ['K = "{}"  # trivy:ignore{}\n', '# trivy:ignore{1}\nK = "{0}"\n'])
def test_trivys_comment_about_secrets(found, text, ids):
    assert found(text.format(KEY, ids)).left_out == {settling.SILENCED: 1}


@pytest.mark.parametrize(
    "id_",
    [
        "AVD-AWS-0086", "avd-gcp-0051", "AWS-0086", "DS002", "DS-0002", "KSV014", "KSV-0014",
        "aws-s3-enable-versioning", "azure-storage-use-secure-tls-policy", "CVE-2024-1234",
        "AVD-AWS-0089[bucket=x]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ['K = "{}"  # trivy:ignore:{}\n', '#trivy:ignore:{1}\nK="{0}"\n'])
def test_trivys_comment_about_a_misconfiguration_silences_no_key(found, text, id_):
    assert len(found(text.format(KEY, id_)).sightings) == 1
