"""The HTML report as a parser sees it; test_html_browser.py has what a person sees."""

import base64
import hashlib
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.model import Decision, Location, Outcome, Report, Tier, printable
from shopsec.report.html import render
from shopsec.report.html.results import SHOWN
from tests.report.reports import HOSTILE, full, large, report, result

VOID = {"meta", "input"}


class Page(HTMLParser):
    """Elements in order, each with its attributes and own text; refuses what is not nested."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.unknown: list[str] = []
        self.open: list[int] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert len(attrs) == len(dict(attrs)), f"an attribute of {tag} is there twice"
        self.elements.append((tag, {key: value or "" for key, value in attrs}, []))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag):
        assert self.elements[self.open.pop()][0] == tag

    def handle_data(self, data):
        if self.open:
            self.elements[self.open[-1]][2].append(data)

    def handle_comment(self, data):
        self.unknown.append(data)

    def unknown_decl(self, data):
        self.unknown.append(data)

    def all(self, tag, **attributes):
        """Attributes and own text of elements."""
        return [
            (attrs, "".join(texts))
            for name, attrs, texts in self.elements
            if name == tag and attributes.items() <= attrs.items()
        ]

    @property
    def text(self):
        """All text that is shown."""
        return "\n".join(
            "".join(texts) for tag, _attrs, texts in self.elements if tag not in {"script", "style"}
        )

    @property
    def data(self):
        """What the page's script reads."""
        ((_attrs, text),) = self.all("script", id="data")
        return json.loads(text)


def test_everything_is_there_without_its_script():
    page = Page(render(full()))
    headings = [text for _attrs, text in page.all("h2")]
    assert headings == [
        "Decision", "Fix these first", "Not checked", "Overview", "Results", "Suppressions",
        "Fixed since", "Coverage",
    ]  # fmt: skip
    for said in (
        "FAIL", "1 risk plain", "WARN", "Do: ", "closes 2 results", "Next: ",
        "open data store", "+67", "= 72", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
        "10.0.1, plain", "shop → plain → pillow", "pkg:pypi/plain@8.4.0", "shop/other.py:9",
        "pip-audit:plain", "ALLOWED = ['*']", "would be fix now", "until 2026-12-01",
        "expired", "1 result of plain no longer there", "CISA KEV (no date) (embedded)",
        "and 10 more", "left out on purpose: 7 plain", "10 of 70 packages",
    ):  # fmt: skip
        assert said in page.text, said
    assert page.all("a", href="https://example.org/a", rel="noreferrer")
    assert all("hidden" in attrs for attrs, _text in page.all("form"))


def test_a_report_without_anything_says_so():
    page = Page(render(report([], decision=Decision(outcome=Outcome.PASS, policy="p"))))
    assert "Nothing stands against it." in page.text
    assert "No results." in page.text
    assert page.data["results"] == []


def test_nothing_but_its_own_script_and_style_may_run():
    page = Page(render(full(HOSTILE[0])))
    ((meta, _),) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    directives = dict(part.split(" ", 1) for part in meta["content"].split("; "))
    assert directives.pop("default-src") == "'none'"
    assert set(directives) == {
        "style-src", "script-src", "base-uri", "form-action", "require-trusted-types-for",
        "trusted-types",
    }  # fmt: skip
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        own = [text for attrs, text in page.all(tag) if "type" not in attrs]
        assert [directives[name]] == [
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
            for text in own
        ]


def test_the_page_asks_for_no_other_file():
    page = Page(render(full()))
    for tag, attrs, _texts in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "base", "image", "use"}
        assert not {"src", "srcset", "style", "action", "formaction", "data"} & set(attrs)
        assert not [name for name in attrs if name.startswith("on")]
        assert attrs.get("href", "#").startswith(("#", "https://example.org/"))


@pytest.mark.parametrize("text", [*HOSTILE, " ".join(HOSTILE)])
def test_text_of_others_stays_text(text):
    hostile, plain = Page(render(full(text))), Page(render(full()))
    assert [(tag, set(attrs)) for tag, attrs, _ in hostile.elements] == [
        (tag, set(attrs)) for tag, attrs, _ in plain.elements
    ]
    assert hostile.unknown == []
    assert printable(text) in hostile.text
    assert all(part.isprintable() or part.isspace() for part in hostile.text.splitlines())


@given(st.text(max_size=40))
def test_any_text_stays_text(text):
    page = Page(render(report([result(message=text, fingerprint=text)])))
    assert page.unknown == []
    assert {tag for tag, *_ in page.elements} <= {tag for tag, *_ in PLAIN.elements}


PLAIN = Page(render(full()))


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/",
        "javascript:alert(1)",
        "JAVASCRIPT:https://example.org/",
        "https://example.org/\n<b>",
        "https://user@example.org/",
        "https://",
        "data:text/html,x",
        "//example.org/",
    ],
)
def test_only_https_addresses_are_links(address):
    page = Page(render(full(help_uri=address)))
    assert {attrs["href"][0] for attrs, _ in page.all("a")} == {"#"}
    assert printable(address) in page.text


def test_the_same_report_gives_the_same_bytes():
    once = full(" ".join(HOSTILE))
    again = Report.model_validate_json(once.model_dump_json())
    assert render(once).encode() == render(again).encode()


def test_the_first_results_are_markup_and_all_are_data():
    many = large(SHOWN + 7)
    page = Page(render(many))
    shown = [attrs["id"] for attrs, _ in page.all("li") if "result" in attrs.get("class", "")]
    ids = [f"r-{each.finding.fingerprint}" for each in many.results]
    assert shown == ids[:SHOWN]
    assert [row[0] for row in page.data["results"]] == ids
    assert f"The first {SHOWN} of {SHOWN + 7} results" in page.text


def test_five_thousand_results_are_less_than_three_megabytes():
    assert len(render(large(5000)).encode()) < 3_000_000


def test_ids_are_unique_even_where_fingerprints_are_not():
    page = Page(render(report([result(1), result(1), result(2, fingerprint="")])))
    ids = [attrs["id"] for _tag, attrs, _texts in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_what_is_suppressed_is_counted_apart():
    page = Page(render(full()))
    ((item, _),) = [each for each in page.all("li") if "suppressed" in each[0].get("class", "")]
    assert "fix-now" not in item["class"]
    counts = [text for attrs, text in page.all("svg") for text in [attrs["aria-label"]]]
    assert "access: 1 sprint" in counts  # and not the suppressed one that would be fix now


def test_every_field_has_a_label_and_every_table_a_caption():
    page = Page(render(full()))
    labelled = {attrs["for"] for attrs, _ in page.all("label")}
    fields = {attrs["id"] for tag in ("input", "select") for attrs, _ in page.all(tag)}
    assert fields
    assert labelled == fields
    assert len(page.all("caption")) == len(page.all("table")) == 5
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    sections = [attrs["aria-labelledby"] for attrs, _ in page.all("section")]
    assert sections == [attrs["id"] for attrs, _ in page.all("h2")]
    assert len(page.all("h1")) == 1


def test_long_texts_and_lists_end_and_say_so():
    many = tuple(Location(uri=f"a{number}.py") for number in range(60))
    page = Page(render(report([result(message="x" * 5000, related=many, tier=Tier.WATCH)])))
    assert "... (4700 more characters)" in page.text
    assert "... (3000 more characters)" in page.text
    assert "and 10 more" in page.text
