"""Shell scripts as lines of whole commands."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.scan.access.documents.shell import (
    LENGTH,
    LINES,
    commands_of,
    commands_run,
    pipelines_run,
    shell_lines,
    too_long,
    written_by,
)


def lines(script):
    return [(line.offset, line.text) for line in shell_lines(script)]


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("a\n\n  b  \n", [(0, "a"), (2, "b")]),
        ("# a\na # b\n", [(1, "a # b")]),
        ("a \\\n  b\nc", [(0, "a    b"), (2, "c")]),
        ("a \\\\\nb", [(0, "a \\\\"), (1, "b")]),
        ("a \\", [(0, "a")]),
        ("cat > x <<EOF\nrm -rf /\nEOF\nb", [(0, "cat > x <<EOF"), (3, "b")]),
        ("cat <<-'E' > x\n\tssh a@b\n\tE\nb", [(0, "cat <<-'E' > x"), (3, "b")]),
        ("ssh u@h <<'E'\ngit pull\nE", [(0, "ssh u@h <<'E'"), (1, "git pull"), (2, "E")]),
        ("", []),
    ],
)
def test_lines(script, wanted):
    assert lines(script) == wanted


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("a && b || c; d | e", ("a", "b", "c", "d", "e")),
        ("echo 'a && b' && c", ("echo 'a && b'", "c")),
        ('ssh h "a; b" | c', ('ssh h "a; b"', "c")),
        ("a > f 2>&1 & b &> g", ("a > f 2>&1", "b &> g")),
        ("a >| f", ("a >| f",)),
        ("x ${{ a || b }} && c", ("x ${{ a || b }}", "c")),
        (r"a \; b", (r"a \; b",)),
        ("", ()),
    ],
)
def test_commands(line, wanted):
    assert commands_of(line) == wanted


def test_what_is_too_long_is_cut():
    assert len(shell_lines("a\n" * (LINES + 5))) == LINES
    assert len(shell_lines("x" * (2 * LENGTH))[0].text) == LENGTH
    assert len(shell_lines("x \\\n" * 20_000)[0].text) <= 2 * LENGTH


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n" * LINES, ""),
        ("a\n" * (LINES + 1), "its lines behind the first 20,000 are not looked at"),
        ("a\n" + "x" * LENGTH, ""),
        (
            "a\n" + "x" * (LENGTH + 1),
            "line 2: what stands behind 16,000 characters is not looked at",
        ),
        ("echo \\\n" * 3_000, "line 2667: what stands behind 16,000 characters is not looked at"),
    ],
    ids=["as many lines", "more lines", "as long", "longer", "continued"],
)
def test_what_is_not_looked_at_is_said(text, said):
    assert too_long(text) == said


@given(st.text(alphabet="ab '\"\\\n<>EOF-|&;$(){}#`"))
def test_any_text_is_survived(script):
    for line in shell_lines(script):
        assert line.text == line.text.strip()
        assert line.text
        assert all(part.strip() == part for part in commands_of(line.text))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('echo "curl -k https://a"', ()),
        ("usage() { echo 'ssh root@a'; }", ("}",)),
        ('if ! grep -rq "curl -k" .; then exit 1', ("then exit 1",)),
        (": 'wget x' && make", ("make",)),
        ('A=1 sudo echo "$(curl -k https://a)"', ("curl -k https://a",)),
        ("echo `id` $(id -u | sort)", ("id", "id -u", "sort)")),
        ("echo $(echo ssh root@a)", ()),
        ("echo 'rm -rf /' | ssh a", ("echo 'rm -rf /'", "ssh a")),
        ("echo a | tee b | sudo bash", ("echo a", "tee b", "sudo bash")),
        ("grep -l x . | xargs rm", ("xargs rm",)),
        ("echoes a", ("echoes a",)),
    ],
)
def test_what_is_printed_or_searched_for_is_not_run(line, wanted):
    assert commands_run(line) == wanted


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("echo 'a > b'", 0),
        ("echo a >> ~/.npmrc", 1),
        ('echo a > "$HOME/.npmrc"', 1),
        ('echo a >> "$GITHUB_STEP_SUMMARY"', 0),
        ("echo a >&2", 0),
        ("echo a 2> b", 0),
        ("echo a > /dev/null", 0),
        ("echo a | sudo tee -a b", 1),
        ("cat a > b", 0),
    ],
)
def test_what_is_written_into_a_file(line, written):
    assert len(written_by(line)) == written


@pytest.mark.parametrize(
    "line",
    [
        "echo |" * 3_000, "a=b " * 4_000, "echo $(" * 2_500, "echo `" * 2_500, "x)" * 8_000,
        "echo '" * 2_500, "echo > " * 2_500, "a() {" * 3_000, "if " * 5_000,
    ],
)  # fmt: skip
def test_hostile_lines_take_no_time(line):
    started = time.process_time()
    pipelines_run(line)
    written_by(line)
    assert time.process_time() - started < 1
