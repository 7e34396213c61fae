import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents.helm_template import UNKNOWN, is_template, outline

VALUES = {"image": {"repository": "shop", "tag": 1.4, "digest": None}, "db": {"password": "x y"},
          "service": {"type": "NodePort"}, "on": {"image": True}, "odd": {"name": "a: b"}}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("a: b\n", "a: b\n"),
        ("{{- if .Values.x }}\na: 1\n{{- else }}\nb: 2\n{{- end }}\n", "\na: 1\n\nb: 2\n\n"),
        ("image: {{ .Values.image.repository }}:{{ .Values.image.tag }}\n", "image: shop:1.4\n"),
        ('image: "{{ .Values.image.repository | quote }}"\n', 'image: "shop"\n'),
        ("image: {{ .Values.image.digest }}\n", f"image: {UNKNOWN}\n"),
        ("image: {{ .Values.on.image }}\n", "image: true\n"),
        ("type: {{ .Values.service.type }}\n", "type: NodePort\n"),
        ("name: {{ .Values.odd.name }}\n", f"name: {UNKNOWN}\n"),
        ("value: {{ .Values.db.password }}\n", f"value: {UNKNOWN}\n"),
        ("value: {{ .Values.image.tag | default .Chart.AppVersion }}\n", f"value: {UNKNOWN}\n"),
        ('name: {{ include "shop.fullname" . }}-web\n', "name: web-web\n"),
        ("name: {{ .Release.Name }}\n", "name: web\n"),
        ("resources:\n  {{- toYaml .Values.resources | nindent 2 }}\nb: 1\n", "resources:\n\nb: 1\n"),
        ("list:\n  - {{ . }}\n", "list:\n\n"),
        ('{{/* a\ncomment */}}\na: 1\n', "\n\na: 1\n"),
        ('a: {{ tpl "{{ .b }}" . }}\n', f"a: {UNKNOWN}\n"),
        ("\t{{ range $k, $v := .Values.x }}\na: 1\n", "\na: 1\n"),
        ("{{ $x := 1 }}a: 1\n", "a: 1\n"),
        ("a: {{ not closed\n", "a: {{ not closed\n"),
    ],
)  # fmt: skip
def test_what_is_written_stays(template, expected):
    assert outline(template, VALUES, "web") == expected


def test_what_a_template_is():
    assert is_template(b"a: {{ b }}")
    assert not is_template(b"a: {b: {}}")


@given(st.text(alphabet='ab{}"`-.:\n \\', max_size=60))
def test_lines_stay_where_they_are(text):
    assert outline(text, {}).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text", ["{{" * 100_000, "{{ " + "a" * 200_000, '{{ "' * 50_000, "{{}" * 60_000]
)
def test_hostile_text_costs_little(text):
    started = time.process_time()
    assert outline(text, {}) == text
    assert time.process_time() - started < 5
