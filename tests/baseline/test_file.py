"""shopsec-baseline.json: written for reviews and merges, read strictly."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.baseline import file as baseline_file
from shopsec.baseline.file import (
    FILE_NAME,
    baseline_path,
    find_baseline,
    parse_baseline,
    read_baseline,
    render_baseline,
)
from shopsec.config import read_settings
from shopsec.errors import BaselineError
from shopsec.model import KnownResult, Tier, uri_of


def entry(number: int = 0, uri: str = "a.py", rule: str = "R-1") -> KnownResult:
    return KnownResult(
        fingerprint=f"{number:016x}", rule=rule, scanner="bandit", uri=uri, tier=Tier.PLANNED
    )


entries = st.lists(
    st.builds(
        KnownResult,
        fingerprint=st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}"),
        rule=st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True),
        scanner=st.sampled_from(["secrets", "bandit", "osv"]),
        uri=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
        .map(lambda name: uri_of("d/" + name)),
        tier=st.sampled_from(list(Tier)),
    ),
    max_size=20,
    unique_by=lambda each: each.fingerprint,
)  # fmt: skip


@given(entries, st.randoms())
def test_what_is_written_is_read_and_order_does_not_matter(known, random):
    text = render_baseline(known)
    shuffled = list(known)
    random.shuffle(shuffled)
    assert render_baseline(shuffled) == text
    assert sorted(parse_baseline(text.encode(), "f"), key=str) == sorted(known, key=str)
    json.loads(text)


def test_one_line_a_result_sorted_by_file():
    text = render_baseline([entry(2, "b.py"), entry(1, "a.py"), entry(0, "b.py", "R-0")])
    lines = text.splitlines()
    assert lines[0] == '{"version": 1, "results": ['
    assert [json.loads(line.rstrip(","))["uri"] for line in lines[1:-1]] == ["a.py", "b.py", "b.py"]
    assert "R-0" in lines[2]
    assert lines[-1] == "]}"
    assert parse_baseline(render_baseline([]).encode(), "f") == ()


def test_a_result_more_is_a_line_more():
    before = render_baseline([entry(1, "a.py"), entry(3, "c.py")]).splitlines()
    after = render_baseline([entry(1, "a.py"), entry(2, "b.py"), entry(3, "c.py")]).splitlines()
    assert [line for line in after if line not in before] == [after[2]]
    assert [line for line in before if line not in after] == []


def test_another_layout_is_read_too():
    text = json.dumps(json.loads(render_baseline([entry(1), entry(2)])), indent=4)
    assert parse_baseline(text.encode(), "f") == (entry(1), entry(2))


def line(**changes: object) -> str:
    values = {**entry(7, "z.py").model_dump(mode="json"), **changes}
    return json.dumps({key: value for key, value in values.items() if value is not None})


def text_of(*lines: str) -> str:
    return '{"version": 1, "results": [\n' + ",\n".join(lines) + "\n]}\n"


GOOD = line(fingerprint="1" * 16)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (text_of(GOOD, line(tier="soon")), "f:3: tier: must be one of fix-now, sprint"),
        (text_of(GOOD, line(fingerprint="12")), "f:3: fingerprint: must be 16 hexadecimal"),
        (text_of(GOOD, line(uri="/etc/passwd")), "f:3: uri: must be a file's name relative"),
        (text_of(GOOD, line(uri="file:///home/me/a.py")), "f:3: uri: must be"),
        (text_of(GOOD, line(uri="C:/a.py")), "f:3: uri: must be"),
        (text_of(GOOD, line(uri="a\nb")), "f:3: uri: must be"),
        (text_of(GOOD, line(uri=3)), "f:3: uri: must be a text"),
        (text_of(GOOD, line(rule=None)), "f:3: rule: is missing"),
        (text_of(GOOD, line(message="hunter2")), "f:3: unknown key 'message'"),
        (text_of(GOOD, "3"), "f:3: must be an object"),
        (text_of(GOOD, GOOD), f"f:3: fingerprint {'1' * 16} is there already, in line 2"),
        (text_of(GOOD, GOOD[:-1] + ', "uri": "b"}'), "'uri' is set twice"),
        (text_of(GOOD) + "x", "f:4: not valid JSON: Extra data"),
        (text_of(GOOD, ""), "f:4: not valid JSON"),
        ("", "f:1: not valid JSON"),
        ("[]", "f:1: must be an object with version and results"),
        ('{"results": []}', "f:1: version: must be 1"),
        ('{"version": true, "results": []}', "f:1: version: must be 1"),
        ('{"version": "1", "results": []}', "f:1: version: must be 1"),
        ('{"version": 1}', "f:1: results: must be a list"),
        ('{"version": 1, "results": {}}', "f:1: results: must be a list"),
        ('{"version": 1,\n "also": 1, "results": []}', "f:2: unknown key 'also'"),
        ('{\n"version": 2, "also": 1, "results": []}', "f:2: has version 2, of a newer shopsec"),
        ('{"version": NaN, "results": []}', "f:1: not valid JSON"),
        ('{"version": 1, "results": ' + "[" * 9_000, "not valid JSON"),
        ('{"version": 1' + "0" * 5_000 + ', "results": []}', "not valid JSON"),
        ('{"version": 1, "results": [' + "{}," * 500_000 + "]}", "has more than 400,000 results"),
        (
            text_of("<<<<<<< HEAD", GOOD, "=======", line(), ">>>>>>> feature"),
            "f:2: a merge conflict is not resolved",
        ),
    ],
)  # fmt: skip
def test_what_is_not_right_is_refused_with_file_line_and_next_step(text, message):
    with pytest.raises(BaselineError) as caught:
        parse_baseline(text.encode(), "f")
    assert message in caught.value.message
    assert caught.value.hint


def test_bytes_that_are_no_text():
    with pytest.raises(BaselineError, match="f:2: is not UTF-8 text"):
        parse_baseline(b'{"version": 1,\n"\xff": 2}', "f")


@given(st.text())
def test_garbage_is_refused_and_never_raises_anything_else(text):
    with pytest.raises(BaselineError):
        parse_baseline(text.encode("utf-8", "replace"), "f")


@given(st.integers(0, 400))
def test_a_truncated_file_is_refused(length):
    whole = render_baseline([entry(1), entry(2)]).encode()
    if length < len(whole) - 1:
        with pytest.raises(BaselineError):
            parse_baseline(whole[:length], "f")


def test_a_huge_file(tmp_path, monkeypatch):
    monkeypatch.setattr(baseline_file, "SIZE", 100)
    path = tmp_path / FILE_NAME
    path.write_text(render_baseline([entry(1), entry(2)]))
    with pytest.raises(BaselineError, match="is larger than"):
        read_baseline(path)


def test_neither_links_nor_folders_are_read(tmp_path):
    (tmp_path / "real.json").write_text(render_baseline([]))
    os.symlink("real.json", tmp_path / FILE_NAME)
    with pytest.raises(BaselineError, match="symbolic link"):
        find_baseline(read_settings(tmp_path, None, {}))
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(BaselineError, match="is no regular file"):
        find_baseline(read_settings(tmp_path, None, {}))


@pytest.mark.parametrize("name", ["/etc/passwd", "../known.json", "a/../../known.json"])
def test_a_repository_cannot_point_elsewhere(tmp_path, name):
    (tmp_path / "shopsec.toml").write_text(f'\nbaseline = "{name}"\n')
    with pytest.raises(BaselineError, match=r"shopsec.toml:2: baseline: .* is no file beside"):
        baseline_path(read_settings(tmp_path, None, {}))


@pytest.mark.parametrize("name", [".git/hooks/pre-commit", "lib/.GIT/config"])
def test_what_git_owns_is_no_baseline(tmp_path, name):
    (tmp_path / "shopsec.toml").write_text(f'baseline = "{name}"\n')
    with pytest.raises(BaselineError, match=r"shopsec.toml:1: baseline: .* is git's own"):
        baseline_path(read_settings(tmp_path, None, {}))


def test_a_linked_folder_does_not_lead_away(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "shopsec.toml").write_text('baseline = "d/known.json"\n')
    os.symlink(tmp_path, tmp_path / "shop" / "d")
    with pytest.raises(BaselineError, match="symbolic link"):
        baseline_path(read_settings(tmp_path / "shop", None, {}))


def test_a_named_baseline_must_be_there_and_the_default_need_not(tmp_path):
    assert find_baseline(read_settings(tmp_path, None, {})) is None
    (tmp_path / "shopsec.toml").write_text('baseline = "known.json"\n')
    settings = read_settings(tmp_path, None, {})
    with pytest.raises(BaselineError, match=r"shopsec\.toml:1: baseline: known\.json: there is no"):
        find_baseline(settings)
    (tmp_path / "known.json").write_text(render_baseline([entry(1)]))
    found = find_baseline(settings)
    assert found is not None
    assert found[1] == (entry(1),)


def test_the_way_out_of_a_broken_file_does_not_read_it():
    with pytest.raises(BaselineError) as caught:
        parse_baseline(b"{", "b.json")
    hint = "mend the line, or move the file away and run shopsec baseline create"
    assert caught.value.hint == hint
