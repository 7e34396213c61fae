"""SARIF as its readers take it: which results, under which rule, how urgent, and what is not said."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shopsec.report.sarif as sarif_report
from shopsec.model import (
    Area,
    BaselineState,
    Item,
    KnownResult,
    Location,
    NotCovered,
    Package,
    Repository,
    ScannerRun,
    Severity,
    Snippet,
    Status,
    Tier,
)
from shopsec.report.sarif.document import text_of
from shopsec.report.sarif.flavour import GITHUB, GITLAB
from shopsec.report.sarif.selection import compressed_size
from shopsec.report.sarif.texts import cut, link, said
from tests.report.reports import HOSTILE, SUPPRESSION, full, large, report, result, rule

RENDERERS = (sarif_report.render, sarif_report.render_gitlab, sarif_report.render_all)
ABSENT = KnownResult(
    fingerprint="f" * 16, rule="GONE-001", scanner="access", uri="gone.py", tier=Tier.SPRINT
)


def run_of(text):
    (run,) = json.loads("".join(text))["runs"]
    return run


def github(made):
    return run_of(sarif_report.render(made))


def rules_of(run):
    return {
        each["id"]: each["properties"]["security-severity"]
        for each in run["tool"]["driver"]["rules"]
    }


def named(run):
    """Rule by fingerprint."""
    for each in run["results"]:
        assert run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"]
    return {each["partialFingerprints"]["shopsec/v1"]: each["ruleId"] for each in run["results"]}


@pytest.mark.parametrize(
    ("tier", "severity", "level"),
    [
        (Tier.FIX_NOW, "9.5", "error"),
        (Tier.SPRINT, "8.0", "error"),
        (Tier.PLANNED, "5.5", "warning"),
        (Tier.WATCH, "2.0", "note"),
    ],
)
def test_code_scanning_shows_the_tier_of_a_rule_without_another_name(tier, severity, level):
    run = github(report([result(1, tier=tier), result(2, tier=tier)]))
    assert rules_of(run) == {"DEMO-001": severity}
    assert {each["level"] for each in run["results"]} == {level}


def test_a_rule_is_split_where_its_results_are_not_equally_urgent():
    tiers = {1: Tier.WATCH, 2: Tier.FIX_NOW, 3: Tier.PLANNED, 4: Tier.WATCH}
    run = github(report([result(number, tier=tier) for number, tier in tiers.items()]))
    assert rules_of(run) == {
        "DEMO-001": "2.0", "DEMO-001/critical": "9.5", "DEMO-001/medium": "5.5",
    }  # fmt: skip
    assert named(run) == {
        f"{1:016x}": "DEMO-001",
        f"{2:016x}": "DEMO-001/critical",
        f"{3:016x}": "DEMO-001/medium",
        f"{4:016x}": "DEMO-001",
    }
    plain = {each["properties"]["rule"] for each in run["tool"]["driver"]["rules"]}
    assert plain == {"DEMO-001"}


def test_names_stay_when_something_worse_comes_and_when_it_is_mended():
    mild = [result(1, tier=Tier.WATCH), result(2, tier=Tier.WATCH)]
    before = named(github(report(mild)))
    worse = named(github(report([result(3, tier=Tier.FIX_NOW), *mild])))
    assert before.items() <= worse.items()
    assert named(github(report([result(number, tier=Tier.FIX_NOW) for number in (1, 2)]))) == before


@given(st.lists(st.sampled_from(Tier), min_size=1), st.data())
def test_what_is_as_urgent_or_more_renames_nothing(tiers, data):
    results = [result(number, tier=tier) for number, tier in enumerate(tiers)]
    mildest = max(tiers, key=lambda tier: tier.rank)
    more = data.draw(st.sampled_from([tier for tier in Tier if tier.rank <= mildest.rank]))
    added = [*results, result(len(tiers), tier=more)]
    assert named(github(report(results))).items() <= named(github(report(added))).items()


def test_names_are_those_of_all_that_counts_whatever_is_suppressed():
    results = [result(1, tier=Tier.SPRINT), result(2, tier=Tier.WATCH, suppressed=SUPPRESSION)]
    assert rules_of(github(report(results))) == {"DEMO-001": "8.0"}


def test_a_vulnerability_that_two_scanners_know_is_one_rule():
    results = [
        result(number, rule_id="CVE-2024-1", scanner=scanner)
        for number, scanner in enumerate(("osv", "trivy-image"))
    ]
    run = github(report(results))
    assert rules_of(run) == {"CVE-2024-1": "8.0"}
    assert [each["properties"]["scanner"] for each in run["results"]] == ["osv", "trivy-image"]


def test_only_code_scanning_gets_split_rules():
    made = report([result(1, tier=Tier.WATCH), result(2, tier=Tier.FIX_NOW)])
    for render in (sarif_report.render_all, sarif_report.render_gitlab):
        run = run_of(render(made))
        assert rules_of(run) == {"DEMO-001": "8.0"}
        assert set(named(run).values()) == {"DEMO-001"}


@pytest.mark.parametrize(
    ("tier", "low", "high"),
    [
        (Tier.FIX_NOW, 90, 100),
        (Tier.SPRINT, 70, 89.9),
        (Tier.PLANNED, 40, 69.9),
        (Tier.WATCH, 10, 39.9),
    ],
)
def test_gitlab_makes_the_tier_of_the_rank(tier, low, high):
    made = report([result(n, tier=tier, priority=n) for n in (5, 50, 100)])
    ranks = [each["rank"] for each in run_of(sarif_report.render_gitlab(made))["results"]]
    assert low <= ranks[2] < ranks[1] < ranks[0] <= high
    assert [each["rank"] for each in github(made)["results"]] == [100.0, 50.0, 5.0]


def test_what_is_suppressed_or_gone_is_only_where_it_can_be_marked():
    made = report(
        [
            result(1, state=BaselineState.UNCHANGED),
            result(2, state=BaselineState.NEW),
            result(3, rule_id="DEMO-002", suppressed=SUPPRESSION),
        ],
        absent=(ABSENT,),
        compared_with="main",
    )
    for render in (sarif_report.render, sarif_report.render_gitlab):
        run = run_of(render(made))
        # What is known is still there: without it an alert would be closed as fixed.
        states = [each["baselineState"] for each in run["results"]]
        assert states == ["new", "unchanged"]
        assert list(rules_of(run)) == ["DEMO-001"]
        assert not any("suppressions" in each for each in run["results"])
        counts = {"active": 2, "suppressed": 1, "absent": 1, "written": 2, "leftOut": {}}
        assert run["properties"]["counts"] == counts
    run = run_of(sarif_report.render_all(made))
    told = [
        (each["ruleId"], each.get("kind", "fail"), each["level"], len(each.get("suppressions", ())))
        for each in run["results"]
    ]
    assert told == [
        ("DEMO-001", "fail", "error", 0),
        ("DEMO-002", "fail", "error", 1),
        ("DEMO-001", "fail", "error", 0),
        ("GONE-001", "pass", "none", 0),
    ]


@pytest.mark.parametrize("render", [sarif_report.render, sarif_report.render_gitlab])
def test_the_worst_are_kept_and_the_rest_is_counted(render):
    many = [
        result(number, tier=Tier.WATCH, priority=10, state=BaselineState.UNCHANGED)
        for number in range(4_998)
    ]
    many += [result(5_000, tier=Tier.WATCH, priority=9, state=BaselineState.NEW)]
    many += [result(5_001, tier=Tier.WATCH, priority=10, state=BaselineState.NEW)]
    many += [result(5_002, tier=Tier.PLANNED, priority=3, state=BaselineState.UNCHANGED)]
    many += [result(5_003, tier=Tier.WATCH, priority=9, state=BaselineState.UNCHANGED)]
    run = run_of(render(report(many, compared_with="main")))
    order = [int(each["partialFingerprints"]["shopsec/v1"], 16) for each in run["results"]]
    assert order == [5_002, 5_001, *range(4_998)]
    assert run["properties"]["counts"]["leftOut"] == {"watch": 2}
    own = run["invocations"][0]
    assert own["properties"] == {"scanner": "shopsec"}
    (notice,) = own["toolExecutionNotifications"]
    assert notice["message"]["text"] == (
        "2 results left out, the mildest, for the reader's limits: 2 watch"
    )


def test_nothing_is_left_out_of_the_whole_report():
    run = run_of(sarif_report.render_all(large(5_100)))
    assert len(run["results"]) == 5_100
    assert run["properties"]["counts"]["leftOut"] == {}
    assert [each["properties"]["scanner"] for each in run["invocations"]] == ["access"]


def test_bytes_are_bounded_too():
    made = large(2_000)
    whole = compressed_size(sarif_report.render(made))
    limit = whole // 3
    text = text_of(made, dataclasses.replace(GITHUB, most_bytes=limit))
    run = run_of(text)
    counts = run["properties"]["counts"]
    assert limit // 2 < compressed_size(text) <= limit
    assert counts["written"] == len(run["results"])
    assert counts["written"] + sum(counts["leftOut"].values()) == 2_000
    tiers = [each["properties"]["tier"] for each in run["results"]]
    assert tiers[:500] == ["fix-now"] * 500  # a quarter of all
    assert "fix-now" not in counts["leftOut"]


def test_a_limit_that_nothing_fits_in_ends_with_no_results():
    run = run_of(text_of(large(50), dataclasses.replace(GITLAB, most_bytes=10)))
    assert (len(run.get("results")), run["properties"]["counts"]["leftOut"]) == (
        0, {"fix-now": 13, "sprint": 13, "planned": 12, "watch": 12},
    )  # fmt: skip


def test_alerts_are_known_again_by_our_fingerprint():
    made = report([result(7)])
    assert github(made)["results"][0]["partialFingerprints"] == {
        "primaryLocationLineHash": f"{7:016x}",
        "shopsec/v1": f"{7:016x}",
    }
    for render in (sarif_report.render_all, sarif_report.render_gitlab):
        (only,) = run_of(render(made))["results"]
        assert only["partialFingerprints"] == {"shopsec/v1": f"{7:016x}"}


def test_rules_are_cases_of_what_others_have_names_for():
    first = rule("A-001", cwe=(798, 79), owasp_cicd="SEC-10")
    second = rule("B-001", cwe=(79,), owasp_cicd="SEC-2")
    third = rule("C-001", cwe=(), owasp_cicd="a team's own word")
    results = [result(n, rule_id=each.id) for n, each in enumerate((first, second, third))]
    run = github(report(results, rules=(first, second, third)))
    assert run["tool"]["driver"]["supportedTaxonomies"] == [
        {"index": 0, "name": "CWE"},
        {"index": 1, "name": "OWASP-CICD"},
    ]
    taxa = {each["name"]: [taxon["id"] for taxon in each["taxa"]] for each in run["taxonomies"]}
    assert taxa == {"CWE": ["79", "798"], "OWASP-CICD": ["CICD-SEC-2", "CICD-SEC-10"]}
    targets = {
        each["id"]: [
            (target["toolComponent"]["name"], target["id"])
            for target in (related["target"] for related in each.get("relationships", ()))
        ]
        for each in run["tool"]["driver"]["rules"]
    }
    assert targets == {
        "A-001": [("CWE", "798"), ("CWE", "79"), ("OWASP-CICD", "CICD-SEC-10")],
        "B-001": [("CWE", "79"), ("OWASP-CICD", "CICD-SEC-2")],
        "C-001": [],
    }
    for each in run["tool"]["driver"]["rules"]:
        for target in (related["target"] for related in each.get("relationships", ())):
            taxonomy = run["taxonomies"][target["toolComponent"]["index"]]
            assert taxonomy["taxa"][target["index"]]["id"] == target["id"]
    assert run["tool"]["driver"]["rules"][0]["properties"]["tags"] == [
        "security", "external/cwe/cwe-798", "external/cwe/cwe-079", "owasp-cicd-sec-10",
    ]  # fmt: skip


def test_a_rule_with_many_weaknesses_keeps_to_ten_tags():
    one = rule("A-001", cwe=tuple(range(1, 30)), owasp_cicd="SEC-1")
    (only,) = github(report([result(rule_id="A-001")], rules=(one,)))["tool"]["driver"]["rules"]
    assert len(only["properties"]["tags"]) == 10
    assert len(only["relationships"]) == 30


def test_help_says_why_what_to_do_and_where_to_read_on():
    one = rule(why="Line one\nof <b>it</b>.\n\n- [x](https://evil.example)", fix="Ask @ben.")
    (only,) = github(report([result()], rules=(one,)))["tool"]["driver"]["rules"]
    assert only["help"]["markdown"] == (
        "Line one of &lt;b&gt;it&lt;/b&gt;.\n\n"
        "- \\[x\\] \\(https:\u200b//evil.example\\)\n\n"
        "**Do:** Ask @\u200bben.\n\n"
        "[More about it](<https://example.org/rules/demo-001>)\n\n"
        "[CWE-284](https://cwe.mitre.org/data/definitions/284.html), "
        "[CWE-732](https://cwe.mitre.org/data/definitions/732.html)"
    )


@pytest.mark.parametrize(
    ("remote", "uri"),
    [
        ("https://github.com/acme/shop.git", "https://github.com/acme/shop.git"),
        ("git@github.com:acme/shop.git", "ssh://git@github.com/acme/shop.git"),
        ("ssh://git@gitlab.example:2222/acme/shop", "ssh://git@gitlab.example:2222/acme/shop"),
        ("https://[2001:db8::1]:8443/shop", "https://[2001:db8::1]:8443/shop"),
    ],
)
def test_the_commit_is_named_with_the_repository_it_is_of(remote, uri):
    repository = Repository(name="shop", commit="c0ffee", branch="main", dirty=True, remote=remote)
    run = github(report([], repository=repository))
    assert run["versionControlProvenance"] == [
        {
            "repositoryUri": uri,
            "revisionId": "c0ffee",
            "branch": "main",
            "mappedTo": {"uriBaseId": "%SRCROOT%"},
            "properties": {"uncommittedChanges": True},
        }
    ]
    assert list(run["originalUriBaseIds"]) == ["%SRCROOT%"]


@pytest.mark.parametrize(
    "remote", [None, "", "javascript:alert(1)", "https://a b/", "ext::sh -c id", "../other"]
)
def test_an_origin_that_is_no_address_is_not_named(remote):
    run = github(report([], repository=Repository(name="shop", commit="c0ffee", remote=remote)))
    assert "versionControlProvenance" not in run


@pytest.mark.parametrize(
    ("folder", "category"),
    [("", "shopsec/"), ("apps/shop", "shopsec/apps/shop/"), ("apps/b%20c", "shopsec/apps/b%20c/")],
)
def test_each_folder_of_a_repository_has_a_category_of_its_own(folder, category):
    repository = Repository(name="shop", path_in_repository=folder)
    assert github(report([], repository=repository))["automationDetails"] == {"id": category}


def region_of(place, snippet=None):
    (only,) = github(report([result(location=place, snippet=snippet)]))["results"]
    physical = only["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": place.uri, "uriBaseId": "%SRCROOT%"}
    return physical["region"], physical.get("contextRegion")


def test_a_place_has_its_own_lines_and_those_around_as_context():
    lines = tuple(f"line {number}" for number in range(3, 8))
    region, context = region_of(
        Location(uri="a.py", start_line=4, end_line=5), Snippet(start_line=3, lines=lines)
    )
    assert region == {"startLine": 4, "endLine": 5, "snippet": {"text": "line 4\nline 5"}}
    assert context == {"startLine": 3, "endLine": 7, "snippet": {"text": "\n".join(lines)}}


def test_a_snippet_that_is_the_place_has_no_context():
    snippet = Snippet(start_line=4, lines=("eval(x)",))
    region, context = region_of(Location(uri="a.py", start_line=4), snippet)
    assert (region, context) == ({"startLine": 4, "snippet": {"text": "eval(x)"}}, None)


def test_a_file_as_a_whole_is_its_first_line():
    assert region_of(Location(uri="a.py")) == ({"startLine": 1}, None)


def test_other_places_are_linked_and_those_too_many_are_counted():
    places = tuple(Location(uri="a.py", start_line=line) for line in range(1, 61))
    (only,) = github(report([result(related=places)]))["results"]
    assert [each["id"] for each in only["relatedLocations"]] == list(range(1, 51))
    assert only["properties"]["relatedPlaces"] == 60
    (few,) = github(report([result(related=places[:2])]))["results"]
    assert "relatedPlaces" not in few["properties"]


def test_the_next_step_of_a_result_stands_in_its_message():
    package = Package(ecosystem="PyPI", name="pillow", version="8.4.0")
    made = result(fix="set pillow to 10.0.1", area=Area.DEPENDENCIES, package=package)
    (only,) = github(report([made]))["results"]
    assert only["message"]["text"] == "Setting 0 lets everybody in\n\nDo: set pillow to 10.0.1"
    assert only["properties"]["package"] == "pkg:pypi/pillow@8.4.0"


def test_a_long_message_leaves_room_for_the_next_step():
    (only,) = github(report([result(message="m" * 2_000, fix="f" * 2_000)]))["results"]
    text = only["message"]["text"]
    assert (len(text), text.count("m"), text.count("f")) == (1_000, 590, 396)
    assert text.endswith("fff ...")


def test_a_priority_of_nothing_is_told():
    (only,) = run_of(sarif_report.render_gitlab(report([result(priority=5, tier=Tier.WATCH)])))[
        "results"
    ]
    assert only["properties"]["priority"] == 5


def test_what_was_not_covered_is_named_and_counted():
    groups = tuple(
        NotCovered(reason=f"reason {number:02}", items=(Item(name="a.py"), Item(name="b.py")))
        for number in range(60)
    )
    entry = ScannerRun(
        scanner="bandit", area=Area.CODE, status=Status.PARTIAL, handed_in=120,
        not_covered=groups, next_step="mend them",
    )  # fmt: skip
    (told,) = github(report([], coverage=(entry,)))["invocations"]
    texts = [each["message"]["text"] for each in told["toolExecutionNotifications"]]
    assert texts[:2] == [
        "bandit: partial; next: mend them",
        "bandit: 2 files: reason 00: a.py, b.py",
    ]
    assert (len(texts), texts[-1]) == (52, "bandit: 20 files more")
    assert told["executionSuccessful"] is False


def strings(value):
    """All strings of a JSON value, names too."""
    if isinstance(value, dict):
        return [*value, *(text for each in value.values() for text in strings(each))]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def units(text):
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("text", [*HOSTILE, "[x](y)", " ", "\U0001f600" * 3_000, "x\n" * 3_000])
def test_texts_of_others_stay_short_printable_and_never_empty(render, text):
    run = run_of(render(full(text)))
    rules = run["tool"]["driver"]["rules"]
    helped = [each.pop("help") for each in rules]
    for each in run["results"]:
        del each["partialFingerprints"]  # hexadecimal, but for what this test makes of them
    for each in strings(run):
        assert each
        assert "](" not in each
        assert "".join(each.split("\n")).isprintable()
    for each in helped:
        assert 0 < units(each["text"]) <= 1_024
        assert each["markdown"]
    texts = [each["message"]["text"] for each in run["results"]]
    texts += [
        each[name]["text"] for each in rules for name in ("shortDescription", "fullDescription")
    ]
    assert max(map(units, texts)) <= 1_024
    names = [each[name] for each in rules for name in ("id", "name") if name in each]
    assert max(map(units, names)) <= 255


@pytest.mark.parametrize("render", RENDERERS)
def test_the_same_report_has_the_same_bytes(render):
    assert "".join(render(full())) == "".join(render(full()))


def test_texts_are_cut_where_readers_count():
    assert cut("x" * 1_000) == "x" * 1_000
    assert cut("x" * 1_001) == "x" * 996 + " ..."
    # Two code units each, and never half of one.
    assert cut("\U0001f600" * 501) == "\U0001f600" * 498 + " ..."


def test_a_link_of_a_stranger_is_none():
    assert said("job [click](https://evil.example)") == "job [click] (https://evil.example)"


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "javascript:alert(1)",
        "https://a.example/>",
        "https://a b",
        "https://" + "a" * 2_048,
    ],
)
def test_what_is_no_address_of_the_web_is_no_link(address):
    assert link(address) == ""


def test_severities_of_rules_are_their_own_where_nothing_is_split():
    values = {
        Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5",
        Severity.LOW: "2.0", Severity.INFO: "2.0", Severity.UNKNOWN: "5.5",
    }  # fmt: skip
    rules = tuple(rule(f"A-{n:03}", severity=severity) for n, severity in enumerate(values))
    results = [result(n, rule_id=each.id) for n, each in enumerate(rules)]
    run = run_of(sarif_report.render_all(report(results, rules=rules)))
    assert list(rules_of(run).values()) == list(values.values())
