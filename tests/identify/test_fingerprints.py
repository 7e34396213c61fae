"""Laws of fingerprints, and what each kind of finding is known by."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.identify.fingerprint import words_of
from shopsec.identify.look import identify
from shopsec.model import (
    Advisory,
    Area,
    FileText,
    Finding,
    Location,
    Package,
    Role,
    Severity,
    lines_of,
)

Files = dict[str, str]


def reader(files: Files):
    def read(uri: str) -> FileText | None:
        lines = lines_of(files[uri]) if uri in files else None
        return None if lines is None else FileText(lines, lines)

    return read


def finding(uri="shop/a.py", line=1, rule="bandit.B101", area=Area.CODE, **more):
    return Finding(
        rule_id=rule, scanner=more.pop("scanner", "s"), area=area, message=more.pop("message", "m"),
        location=Location(uri=uri, start_line=line), severity=Severity.HIGH, **more,
    )  # fmt: skip


def prints(findings: Sequence[Finding], files: Files | None = None) -> list[str]:
    return [each.fingerprint for each in identify(findings, reader(files or {}))]


def one(each: Finding, files: Files | None = None) -> str:
    return prints([each], files)[0]


def package(name="ws", version="8.1.0", uri="yarn.lock", vulnerability="CVE-2024-1", **more):
    more = {"symbol": f"{name}@{version}", "aliases": (), **more}
    advisory = Advisory(id=vulnerability, aliases=more.pop("aliases"))
    return finding(
        uri, rule=vulnerability, area=more.pop("area", Area.DEPENDENCIES), advisory=advisory,
        package=Package(ecosystem="npm", name=name, version=version), **more,
    )  # fmt: skip


# Laws

BODY = st.lists(st.sampled_from(["assert a", "assert b", "eval(c)", "pass"]), max_size=4)
DEFINITIONS = st.lists(st.tuples(st.sampled_from("fgh"), BODY), max_size=5)
SOURCES = st.dictionaries(
    st.sampled_from(["a.py", "shop/a.py", "shop/b.py", "lib/shop/a.py"]), DEFINITIONS, min_size=1
)


def code_of(definitions) -> str:
    return "".join(
        f"def {name}():\n" + "".join(f"    {line}\n" for line in (*body, "return"))
        for name, body in definitions
    )


def found_in(files: Files) -> list[Finding]:
    """What a scanner would find: one finding a line that has an assert or an eval."""
    return [
        finding(uri, number, symbol=words_of(line), rule=line.split()[0].partition("(")[0])
        for uri, text in sorted(files.items())
        for number, line in enumerate(lines_of(text), 1)
        if line.strip().startswith(("assert", "eval"))
    ]


@given(SOURCES)
def test_no_two_findings_share_one(sources):
    files = {uri: code_of(each) for uri, each in sources.items()}
    found = found_in(files)
    assert len(set(prints(found, files))) == len(found)


@given(SOURCES, st.randoms(use_true_random=False))
def test_the_order_of_input_never_matters(sources, random):
    files = {uri: code_of(each) for uri, each in sources.items()}
    found = found_in(files)
    expected = {each.location: each.fingerprint for each in identify(found, reader(files))}
    random.shuffle(found)
    assert {each.location: each.fingerprint for each in identify(found, reader(files))} == expected


@given(SOURCES, st.integers(1, 5), st.sampled_from(["\n", "\r\n"]), st.sampled_from([2, 8]))
def test_moving_and_reindenting_lines_changes_none(sources, above, end, indent):
    files = {uri: code_of(each) for uri, each in sources.items()}
    moved = {
        uri: ("# more\n" * above + text.replace("    ", " " * indent)).replace("\n", end)
        for uri, text in files.items()
    }
    assert prints(found_in(moved), moved) == prints(found_in(files), files)


@given(DEFINITIONS)
def test_a_file_alone_may_be_renamed(definitions):
    text = code_of(definitions)
    before, after = {"shop/a.py": text}, {"lib/tax.py": text}
    assert prints(found_in(after), after) == prints(found_in(before), before)


@given(SOURCES)
def test_another_folder_above_changes_none(sources):
    files = {f"top/{uri}": code_of(each) for uri, each in sources.items()}
    moved = {f"moved/{uri}": text for uri, text in files.items()}
    same = {f"up/{uri}": text for uri, text in files.items() if "/" in uri.partition("/")[2]}
    back = {uri.replace("up/", "upper/", 1): text for uri, text in same.items()}
    assert prints(found_in(same), same) == prints(found_in(back), back)
    assert len(set(prints(found_in(moved), moved))) == len(found_in(moved))


@given(SOURCES)
def test_one_more_finding_elsewhere_that_is_not_the_first_disturbs_none(sources):
    files = {uri: code_of(each) for uri, each in sources.items()}
    more = files | {"shop/zz.py": "def zz():\n    assert a\n"}
    before = {each.location: each.fingerprint for each in identify(found_in(files), reader(files))}
    after = {each.location: each.fingerprint for each in identify(found_in(more), reader(more))}
    assert {place: after[place] for place in before} == before


# What each kind is known by


def test_what_runs_in_production_never_takes_the_fingerprint_of_a_test():
    known = finding("tests/pay.py", role=Role.TEST, symbol="eval(x)")
    added = finding("checkout/pay.py", symbol="eval(x)")
    assert one(added) == one(known)
    assert prints([added, known])[1] == one(known)


def test_a_scanners_name_and_message_are_no_part_of_it():
    assert one(finding(symbol="eval(x)")) == one(finding(symbol="eval(x)", scanner="t", message=""))
    assert one(finding(symbol="eval(x)")) != one(finding(symbol="eval(x)", rule="bandit.B102"))


def test_a_renamed_file_keeps_them():
    workflow = {"rule": "DEPLOY-004", "area": Area.ACCESS}
    files = {f".github/workflows/{name}.yml": f"on: push\nname: {name}\n" for name in "abc"}
    renamed = {uri.replace("b.yml", "z.yml"): text for uri, text in files.items()}
    before = prints([finding(uri, **workflow) for uri in files], files)
    assert before == prints([finding(uri, **workflow) for uri in renamed], renamed)
    docker = {"rule": "CONTAINER-001", "area": Area.ACCESS}
    assert one(finding("Dockerfile", symbol="Dockerfile", **docker)) == one(
        finding("web/Dockerfile.prod", symbol="Dockerfile.prod", **docker)
    )


def test_what_is_fixed_elsewhere_makes_no_workflow_new():
    workflow = {"rule": "DEPLOY-004", "area": Area.ACCESS}
    files = {f"{name}.yml": f"name: {name}\n" for name in "abc"}
    whole = prints([finding(uri, **workflow) for uri in files], files)
    assert prints([finding(uri, **workflow) for uri in ("b.yml", "c.yml")], files) == whole[1:]


@pytest.mark.parametrize(
    ("one_text", "other"),
    [
        ("foo('a', b)", 'foo(\n    "a",\n    b,\n)'),
        ("image: 'nginx:1'", "image:   nginx:1"),
        ("f({ a: 1 });", "f({\n  a: 1,\n})"),
    ],
)
def test_formatters_change_no_words(one_text, other):
    assert words_of(one_text) == words_of(other)


def test_a_place_without_a_symbol_is_known_by_its_line():
    trivy = {"rule": "trivy.DS-0013", "area": Area.CONTAINERS}
    text = "FROM a\nRUN cd /x && ls\nRUN cd /y && ls\n"
    files = {"Dockerfile": text, "b/Dockerfile": "\n" + text}
    here = [finding("Dockerfile", line, **trivy) for line in (2, 3)]
    there = [finding("b/Dockerfile", line, **trivy) for line in (3, 4)]
    assert prints(here, files) == prints(there, files)
    assert len(set(prints([*here, *there], files))) == 4


def test_a_block_of_yaml_is_known_by_its_name_wherever_the_key_stands():
    trivy = {"rule": "trivy.KSV-0014", "area": Area.CONTAINERS}
    block = Location(uri="k.yaml", start_line=1, end_line=2)
    before, after = "- name: web\n  image: a\n", "- image: b\n  name: web\n"
    each = finding("k.yaml", **trivy).model_copy(update={"location": block})
    assert one(each, {"k.yaml": before}) == one(each, {"k.yaml": after})


def test_a_password_on_a_line_cannot_be_guessed_from_it():
    trivy = {"rule": "trivy.DS-0031", "area": Area.CONTAINERS}
    each = finding("Dockerfile", **trivy)
    lines = ("ENV DB_PASSWORD=hunter2", 'ENV DB_PASSWORD="other 1"')
    assert len({one(each, {"Dockerfile": line}) for line in lines}) == 1


def test_an_upgrade_to_an_affected_version_is_the_same_finding():
    assert one(package(version="8.1.0")) == one(package(version="8.9.2"))
    both = prints([package(version="7.5.9"), package(version="8.1.0")])
    assert both == prints([package(version="7.5.9"), package(version="8.2.0")])
    assert len(set(both)) == 2


def test_a_package_in_another_lockfile_is_another():
    assert len(set(prints([package(), package(uri="www/yarn.lock")]))) == 2
    assert one(package()) != one(package(name="wss"))


def test_a_vulnerability_has_one_name_whichever_the_scanner_uses():
    ghsa = package(vulnerability="GHSA-1", aliases=("CVE-2024-1",), scanner="pip-audit")
    assert one(ghsa) == one(package(aliases=("GHSA-1",)))


def test_an_image_is_known_without_its_tag_and_digest():
    image = {"area": Area.CONTAINERS, "uri": "image/shop/web"}
    found = package(symbol="shop/web ws@8.1.0", **image)
    assert one(found) == one(package(version="8.2.0", symbol="shop/web ws@8.2.0", **image))
    assert one(found) != one(package(symbol="shop/api ws@8.1.0", **image))


def test_a_secret_is_its_keyed_hash_wherever_it_stands():
    secret = {"rule": "secrets.stripe", "area": Area.SECRETS, "symbol": "00ff00ff00ff00ff"}
    assert one(finding("a.py", 3, **secret)) == one(finding("b/.env", 9, **secret))
    assert one(finding(**secret)) != one(finding(**(secret | {"symbol": "0" * 16})))


def test_what_is_said_of_the_repository_does_not_depend_on_the_file_it_lies_in():
    workflow = {"rule": "DEPLOY-006", "area": Area.ACCESS, "of_repository": True}
    files = {"a.yml": "name: a\n", "b.yml": "name: b\n"}
    assert one(finding("a.yml", **workflow), files) == one(finding("b.yml", **workflow), files)
    assert "of_repository" not in finding(**workflow).model_dump()


def test_without_the_file_there_are_fingerprints_all_the_same():
    found = [finding(line=line, symbol="eval(x)") for line in (1, None, 900)]
    assert len(set(prints(found))) == 3
    assert len(set(prints(found, {"shop/a.py": "x\n"}))) == 3
