"""From places on a runner to files of the repository."""

import os
from typing import Any

import pytest

from shopsec.model import Status
from tests.imported.conftest import result, sarif

FILES = {"app.py": "1\n", "src/shop/tax.py": "1\n", "src/index.js": "1\n", "a b/ü.py": "1\n"}


def places(outcome):
    return [str(each.location) for each in outcome.findings]


def missed(outcome):
    return {item.name: group.reason for group in outcome.run.not_covered for item in group.items}


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("app.py", "app.py:1"),
        ("./app.py", "app.py:1"),
        ("src/shop/../index.js", "src/index.js:1"),
        ("src\\shop\\tax.py", "src/shop/tax.py:1"),
        ("a%20b/%C3%BC.py", "a b/ü.py:1"),
        ("a b/ü.py", "a b/ü.py:1"),
        ("file:///home/runner/work/shop/shop/src/shop/tax.py", "src/shop/tax.py:1"),
        ("file://localhost/builds/team/shop/app.py", "app.py:1"),
        ("file:///C:/a/shop/src/index.js", "src/index.js:1"),
        ("C:\\a\\shop\\src\\index.js", "src/index.js:1"),
        ("/github/workspace/src/index.js", "src/index.js:1"),
        ("checkout/src/shop/tax.py", "src/shop/tax.py:1"),
    ],
)
def test_a_file_of_the_repository(imported, uri, place):
    outcome = imported(sarif(result(uri=uri)), FILES)
    assert (places(outcome), outcome.run.status) == ([place], Status.SUCCEEDED)


def test_bases_that_the_run_names(imported):
    bases = {
        "%SRCROOT%": {"uri": "file:///home/runner/work/shop/shop/"},
        "SOURCES": {"uri": "src/", "uriBaseId": "%SRCROOT%"},
        "LOOP": {"uri": "x/", "uriBaseId": "LOOP"},
        "REL": {"uri": "src"},
        "BAD": 7,
    }

    def at(uri, base):
        place = {"artifactLocation": {"uri": uri, "uriBaseId": base}}
        return result() | {"locations": [{"physicalLocation": place}]}

    outcome = imported(
        sarif(
            at("app.py", "%SRCROOT%"),
            at("shop/tax.py", "SOURCES"),
            at("index.js", "REL"),
            at("src/index.js", "NOBODY"),
            at("src/shop/tax.py", "BAD"),
            at("app.py", "LOOP"),
            originalUriBaseIds=bases,
        ),
        FILES,
    )
    assert places(outcome) == [
        "app.py",
        "src/shop/tax.py",
        "src/index.js",
    ]
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "results that the tool says twice": 3
    }


def test_artifacts_by_index(imported):
    place = {"artifactLocation": {"index": 1}, "region": {"startLine": 1}}
    bad = {"artifactLocation": {"index": 9}}
    outcome = imported(
        sarif(
            result() | {"locations": [{"physicalLocation": place}]},
            result() | {"locations": [{"physicalLocation": bad}]},
            artifacts=[{"location": {"uri": "x"}}, {"location": {"uri": "src/index.js"}}],
        ),
        FILES,
    )
    assert places(outcome) == ["src/index.js:1"]
    assert missed(outcome) == {"no file named": "points to no file of the folder scanned"}


def test_one_folder_explains_all_absolute_paths(imported):
    """A system file that is called like one of ours is none of ours."""
    outcome = imported(
        sarif(
            result(uri="file:///work/shop/src/shop/tax.py"),
            result(uri="file:///work/shop/app.py"),
            result(uri="file:///usr/lib/python3/app.py"),
        ),
        FILES,
    )
    assert places(outcome) == ["src/shop/tax.py:1", "app.py:1"]
    assert missed(outcome) == {"/usr/lib/python3/app.py": "points to no file of the folder scanned"}
    assert outcome.run.status is Status.PARTIAL


@pytest.mark.parametrize(
    "uri",
    ["../../etc/passwd", "/etc/passwd", "file:///etc/shadow", "https://example.org/app.py", "", "..",
     "none.py", "a\0b", "x" * 5_000, "%00", "git://app.py"],
)  # fmt: skip
def test_what_points_elsewhere_is_no_finding_and_no_silence(imported, uri):
    outcome = imported(sarif(result(uri=uri)), FILES)
    assert outcome.findings == ()
    assert (outcome.run.status, outcome.run.not_covered_count) == (Status.PARTIAL, 1)


def test_files_that_are_left_out_are_counted(imported, tree, git):
    root = tree(FILES | {".gitignore": "build/\n", "build/app.js": "1\n", "old/b.py": "1\n",
                         "shopsec.toml": 'exclude = ["old/", "gone/"]\n'})  # fmt: skip
    git(root, "init", "-q")
    outcome = imported(
        sarif(
            result(uri="build/app.js"),
            result(uri="old/b.py"),
            result(uri="gone/c.py"),
            result(uri="app.py"),
        ),
        root=root,
    )
    assert places(outcome) == ["app.py:1"]
    assert outcome.run.status is Status.SUCCEEDED
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "results in files that are not scanned": 3
    }


def test_a_folder_of_the_repository(imported, tree, git):
    root = tree({"shop/app.py": "1\n", "other/b.py": "1\n"})
    git(root, "init", "-q")
    document = sarif(
        result(uri="shop/app.py"),
        result(uri="app.py", line=2),
        result(uri=f"file://{os.path.realpath(root)}/shop/app.py", line=3),
        result(uri="other/b.py"),
    )
    outcome = imported(document, root=root / "shop")
    assert places(outcome) == ["app.py:1", "app.py:2", "app.py:3"]
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "results in files that are not scanned": 1
    }


@pytest.fixture
def two_shops(tree, git):
    """A repository with folders whose files have the same names, and one file that git ignores."""
    names = ("Dockerfile", "tea/Dockerfile", "tea/app.py", "pot/Dockerfile", "pot/app.py")
    root = tree({".gitignore": "built/\n", "built/app.py": "1\n"} | dict.fromkeys(names, "1\n"))
    git(root, "init", "-q")
    return root


BUILD = "file:///home/runner/work/shop/shop/"


@pytest.mark.parametrize("base", ["", "./", BUILD])
def test_a_file_of_the_same_name_in_another_folder_is_another_file(imported, two_shops, base):
    named = ("tea/app.py", "pot/app.py", "pot/Dockerfile", "Dockerfile", "built/app.py")
    outcome = imported(sarif(*(result(uri=base + each) for each in named)), root=two_shops / "tea")
    assert places(outcome) == ["app.py:1"]
    assert {each.reason: each.count for each in outcome.run.excluded} == {
        "results in files that are not scanned": 4
    }
    assert outcome.run.status is Status.SUCCEEDED


def test_a_tool_that_saw_only_the_folder(imported, two_shops):
    (two_shops / "tea" / "built").mkdir()
    (two_shops / "tea" / "built" / "new.py").write_text("1\n")
    named = ("app.py", "Dockerfile", "built/new.py")
    outcome = imported(sarif(*(result(uri=each) for each in named)), root=two_shops / "tea")
    assert places(outcome) == ["app.py:1", "Dockerfile:1"]
    assert outcome.run.status is Status.SUCCEEDED


@pytest.mark.parametrize("base", ["", BUILD])
def test_an_ignored_file_is_not_taken_for_one_of_its_name(imported, two_shops, base):
    (two_shops / "app.py").write_text("1\n")
    document = sarif(*(result(uri=f"{base}{each}") for each in ("built/app.py", "tea/app.py")))
    assert places(imported(document, root=two_shops)) == ["tea/app.py:1"]


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ({"startLine": 2, "endLine": 4}, (2, 4)),
        ({"startLine": 2, "endLine": 1}, (2, None)),
        ({"startLine": 0}, (None, None)),
        ({"startLine": -4}, (None, None)),
        ({"startLine": 1, "endLine": 10**12}, (1, 1_001)),
        ({"startLine": 10**12}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_lines(imported, region, place):
    one = result()
    one["locations"][0]["physicalLocation"]["region"] = region
    (finding,) = imported(sarif(one)).findings
    assert (finding.location.start_line, finding.location.end_line) == place


def test_what_gitleaks_found_in_an_earlier_commit(imported):
    then: dict[str, Any] = {
        "partialFingerprints": {"commitSha": "0123abc", "email": "a@example.org"}
    }
    outcome = imported(
        sarif(result("key", uri="gone.env", line=4, **then), result("key", **then), tool="gitleaks")
    )
    assert [(str(each.location), each.past) for each in outcome.findings] == [
        ("gone.env:4", True),
        ("app.py:1", False),
    ]
    assert "example.org" not in repr(outcome)
    assert outcome.run.status is Status.SUCCEEDED


def test_places_that_data_flows_through_are_related(imported):
    step = {"location": result(uri="src/index.js", line=7)["locations"][0]}
    flow = {"threadFlows": [{"locations": [step, {"location": 7}, step]}]}
    one = result(codeFlows=[flow], relatedLocations=[result(uri="app.py", line=9)["locations"][0]])
    (finding,) = imported(sarif(one), FILES).findings
    assert list(map(str, finding.related)) == ["app.py:9", "src/index.js:7"]
