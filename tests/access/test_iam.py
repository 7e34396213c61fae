import json

import pytest

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources import iam_files, terraform
from shopsec.scan.access.resources.iam import view_of
from tests.access.in_memory import built

GITHUB = {"Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"}
SUBJECT = "token.actions.githubusercontent.com:sub"


def statement(**parts):
    return view_of("p", {"Effect": "Allow"} | parts)


@pytest.mark.parametrize(
    ("parts", "about"),
    [
        ({"Action": "s3:GetObject", "Resource": "*"}, "identity"),
        ({"Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}, "trust"),
        ({"Action": ["sts:AssumeRoleWithWebIdentity"], "Principal": GITHUB}, "trust"),
        ({"Action": "sts:AssumeRole", "Resource": "*"}, "identity"),
        ({"Action": "s3:GetObject", "Principal": "*"}, "resource"),
    ],
)
def test_what_a_statement_is_about(parts, about):
    assert statement(**parts).about == about


@pytest.mark.parametrize(
    ("principal", "condition", "anybody"),
    [
        ("*", None, True),
        ({"AWS": ["*"]}, None, True),
        ({"AWS": "arn:aws:iam::1:root"}, None, False),
        ({"Service": "sns.amazonaws.com"}, None, False),
        ("*", {"StringEquals": {"aws:SourceAccount": "1"}}, False),
        ("*", {"Bool": {"aws:SecureTransport": "true"}}, True),
        ("*", {"StringEquals": 3}, True),
    ],
)
def test_everybody(principal, condition, anybody):
    view = statement(Action="s3:*", Principal=principal, Condition=condition)
    assert (view.anybody, view.public) == (anybody, anybody)


@pytest.mark.parametrize(
    ("condition", "subject"),
    [
        ({}, "missing"),
        (
            {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
            "missing",
        ),
        ({"StringLike": {SUBJECT: "repo:acme/shop:*"}}, "bound"),
        ({"StringLike": {SUBJECT: ["repo:acme/shop:ref:refs/heads/main"]}}, "bound"),
        ({"StringLike": {SUBJECT: "repo:acme/*"}}, "bound"),
        ({"StringLike": {SUBJECT: "repo:*"}}, "anybody"),
        ({"StringLike": {SUBJECT: "repo:*/*:environment:production"}}, "anybody"),
        ({"StringLike": {SUBJECT: "repo:acme*/shop:*"}}, "anybody"),
        ({"StringLike": {SUBJECT: "*"}}, "anybody"),
    ],
)
def test_roles_of_pipelines(condition, subject):
    view = statement(Action="sts:AssumeRoleWithWebIdentity", Principal=GITHUB, Condition=condition)
    assert (view.pipeline, view.subject) == ("GitHub", subject)


@pytest.mark.parametrize(
    ("parts", "facts"),
    [
        ({"Action": "*", "Resource": "*"}, (True, True, False, (), False)),
        ({"Action": ["IAM:*"], "Resource": ["*"]}, (True, False, True, (), False)),
        (
            {"Action": ["s3:*", "logs:*", "s3:Get*"], "Resource": "a"},
            (False, False, False, ("s3:*",), False),
        ),
        ({"NotAction": "iam:*", "Resource": "*"}, (True, False, False, (), True)),
        ({"Action": "s3:GetObject"}, (True, False, False, (), False)),
        ({"Action": "s3:GetObject", "NotResource": "a"}, (False, False, False, (), False)),
        ({"Action": {"a": 1}, "Resource": [1]}, (True, False, False, (), False)),
    ],
)
def test_rights(parts, facts):
    view = statement(**parts)
    assert (
        view.all_resources, view.everything, view.manages_access, view.whole_services, view.all_but,
    ) == facts  # fmt: skip


def test_a_policy_file():
    policy = {
        "Statement": [{"Effect": "Deny", "Action": "*"}, 3, {"Effect": "Allow", "Action": ["a:b"]}]
    }
    found = built(iam_files.SOURCE, {"iam/deploy.json": json.dumps(policy, indent=1)})
    assert [(each.name, each.line, each.line_at("action"), each.view.allows) for each in found] == [
        ("deploy.json/0", 3, 5, False),
        ("deploy.json/2", 8, 10, True),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("iam/a.json", '{"Effect": "Allow"}'),
        ("iam/a.json", '{"x": "Statement", "y": "Effect"}'),
        ("iam/a.json", '["Statement", "Effect"]'),
        ("src/locale/de.json", '{"Statement": [{"Effect": "Allow"}]}'),
        ("iam/a.yaml", '{"Statement": [{"Effect": "Allow"}]}'),
    ],
)
def test_what_is_no_policy(name, text):
    assert built(iam_files.SOURCE, {name: text}) == []


def test_a_policy_that_is_no_json_is_named():
    with pytest.raises(DocumentError, match="not valid JSON"):
        built(iam_files.SOURCE, {"iam/a.json": '{"Statement": [{"Effect": Allow}]}'})


def terraform_statements(text):
    return [each for each in built(terraform.SOURCE, {"a.tf": text}) if each.kind == "statement"]


def test_json_in_a_here_document_has_its_lines():
    (found,) = terraform_statements(
        'resource "aws_iam_role_policy" "web" {\n  policy = <<EOF\n{\n "Statement": {\n'
        '  "Effect": "Allow",\n  "Action": ["s3:*"], "Resource": "${var.bucket}"\n }\n}\nEOF\n}\n'
    )
    assert (found.line, found.line_at("action")) == (4, 6)
    assert found.view.resources == ("${var.bucket}",)
    assert not found.view.all_resources


@pytest.mark.parametrize(
    "value",
    ['"no policy"', "<<E\n{\"Statement\": ${x}}\nE", "data.aws_iam_policy_document.a.json",
     "jsonencode(var.policy)", "jsonencode({ a = 1 })", "file(\"a.json\")"],
)  # fmt: skip
def test_what_only_terraform_knows_is_passed_over(value):
    assert terraform_statements(f'resource "aws_iam_policy" "a" {{\n policy = {value}\n}}\n') == []


def test_jsonencode_and_inline_policies():
    found = terraform_statements(
        'resource "aws_iam_role" "web" {\n'
        "  assume_role_policy = jsonencode({\n    Statement = [{\n"
        '      Effect = "Allow", Principal = { AWS = var.account }\n      Action = "sts:AssumeRole"\n'
        "    }]\n  })\n"
        '  inline_policy {\n    policy = jsonencode({ Statement = [{ Effect = "Allow"\n'
        '      Action = "*"\n      Resource = "*" }] })\n  }\n}\n'
    )
    assert [(each.view.about, each.line, each.line_at("action")) for each in found] == [
        ("trust", 3, 5),
        ("identity", 9, 10),
    ]
    assert found[1].view.everything


def test_a_policy_document_as_a_data_source():
    (found, other) = terraform_statements(
        'data "aws_iam_policy_document" "a" {\n  statement {\n    actions = ["s3:*"]\n'
        "    resources = [aws_s3_bucket.a.arn]\n  }\n  statement {\n"
        '    effect = "Deny"\n    not_actions = ["iam:*"]\n    principals {\n      type = "AWS"\n'
        '      identifiers = ["*"]\n    }\n    condition {\n      test = "StringEquals"\n'
        '      variable = "aws:SourceVpc"\n      values = ["v"]\n    }\n  }\n}\n'
    )
    assert (found.view.allows, found.view.all_resources, found.view.about) == (
        True,
        False,
        "identity",
    )
    assert (other.view.allows, other.view.all_but, other.view.anybody) == (False, True, False)
    assert [other.line_at(place) for place in ("action", "principal", "condition")] == [8, 11, 16]
