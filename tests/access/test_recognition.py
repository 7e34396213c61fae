"""Files whose name says too little: what is counted, left out, or named as not covered."""

import pytest

from shopsec.model import Role, SourceFile, Status
from shopsec.scan.access.examples import files_of
from shopsec.scan.access.resources.registry import SOURCES, sources_of
from shopsec.scan.access.scanner import Access, load_rules

CHART = {"chart/Chart.yaml": "name: shop\n", "chart/values.yaml": "replicas: 2\n"}
MANIFEST = "apiVersion: v1\nkind: Service\nspec: {type: ClusterIP}\n"


def rule_examples():
    return [
        example
        for rule in load_rules().rules
        for example in (*rule.spec.examples.bad, *rule.spec.examples.good)
    ]


def run(tree, target_of, files):
    target, host = target_of(tree(files))
    return Access().scan(target, host).run


def test_yaml_of_no_kind_is_not_counted(tree, target_of):
    books = run(
        tree, target_of, {"locale/de.yaml": "a: [\n", "a.json": "[", "k8s/a.yaml": MANIFEST}
    )
    assert (books.status, books.handed_in, books.covered) == (Status.SUCCEEDED, 1, 1)


def test_a_manifest_that_cannot_be_read_is_named(tree, target_of):
    files = {"k8s/a.yaml": MANIFEST + "a: [\n", "k8s/b.yaml": MANIFEST.encode() + b"\xff"}
    books = run(tree, target_of, files)
    assert books.status is Status.PARTIAL
    assert {item.name: group.reason for group in books.not_covered for item in group.items} == {
        "k8s/a.yaml": "line 5: not valid YAML: did not find expected node content",
        "k8s/b.yaml": "line 4: is not UTF-8 text",
    }


def test_a_template_that_only_helm_can_read_is_counted_apart(tree, target_of):
    files = {
        "chart/templates/web.yaml": MANIFEST + "  {{ x }}: [\n",
        "chart/templates/api.yaml": "{{ if .Values.x }}\n" + MANIFEST + "{{ end }}\n",
    }
    books = run(tree, target_of, CHART | files)
    assert (books.status, books.handed_in, books.covered) == (Status.SUCCEEDED, 2, 2)
    assert [(each.reason, each.count) for each in books.excluded] == [
        ("Helm templates that only helm can render: chart/templates/web.yaml", 1)
    ]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(
            sorted({file.uri for example in rule_examples() for file in files_of(example).files}),
            id="every example",
        ),
        ["Dockerfile.php", "app/etc/local.xml", "store/medusa-config.ts", "fabfile.py", "next.config.js",
         "config/deploy.rb", "deploy.php", "shop/settings/prod.py", "wp-config.php", "adminer.php",
         "config/settings.xml.bak", "wp-includes/version.php", "docker/Dockerfile.xml"],
    ],
)  # fmt: skip
def test_no_source_is_passed_over_for_an_ending(names):
    for name in names:
        file = SourceFile(name, 1, Role.PRODUCTION, True)
        asked = [source.name for source in sources_of(file)]
        assert asked == [source.name for source in SOURCES if source.matches(file)], name
