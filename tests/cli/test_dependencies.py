"""Two scanners about one package: one result, and both named where they could not look."""

from tests.dependencies.osv_stub import DJANGO, Stub, advisory, serving


def test_what_both_scanners_find_is_one_result(scan, tree):
    other = advisory(
        "PYSEC-2030-9", "PyPI", "django", ("introduced", "2.2"), ("fixed", "2.2.30"),
        aliases=["CVE-2030-9999"],
        severity=[{"type": "CVSS_V3",
                   "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    )  # fmt: skip
    root = tree({"requirements.txt": "django==2.2.0\n", "shop.py": "import django\n"})
    with serving(Stub(records=[DJANGO, other])) as stub:
        scanned = scan(root, environ={"SHOPSEC_OSV_URL": stub.url + "/v1/query"})
    results = [
        each for each in scanned.document["results"]
        if each["finding"]["area"] == "dependencies"
    ]  # fmt: skip
    assert sorted(
        (each["finding"]["rule_id"], each["finding"]["scanner"],
         tuple(each["finding"]["also_reported_as"]))
        for each in results
    ) == [
        ("CVE-2022-28346", "osv", ("pip-audit:PYSEC-2022-190",)),
        ("CVE-2030-9999", "osv", ("pip-audit:PYSEC-2030-9",)),
    ]  # fmt: skip
    assert {each["finding"]["imported"] for each in results} == {True}
    assert {each["finding"]["upgrade_to"] for each in results} == {"2.2.30"}
    assert scanned.missed("osv") == {}
    assert scanned.missed("pip-audit") == {}
    assert "Upgrade django 2.2.0 to 2.2.30: closes 2 advisories" in scanned.reports["terminal"]
