import pytest

from shopsec.scan.code.bandit import Bandit, _message
from shopsec.scan.code.bandit_workers import Issue
from shopsec.scan.code.node_text import Node, text_of, without_literals


@pytest.fixture
def symbols(tree, target_of):
    def run(source):
        target, host = target_of(tree({"a.py": source}))
        return {(each.rule_id, each.symbol) for each in Bandit().scan(target, host).findings}

    return run


CALL = "import subprocess\nx = foo(subprocess.call('ls %s' % a, shell=True, cwd=b))\n"
BROKEN = """\
import subprocess

x = foo(
    subprocess.call(
        "ls %s" % a,  # don't
        shell=True,
        cwd=b,
    )
)
"""


def words(found):
    return {(rule, "".join(text.split()).replace(",)", ")")) for rule, text in found}


def test_a_call_is_the_same_however_it_is_broken_over_lines(symbols):
    whole = words(symbols(CALL))
    assert ("bandit.B602", "subprocess.call('...'%a,shell=True,cwd=b)") in whole
    assert words(symbols(BROKEN)) == whole


@pytest.mark.parametrize("source", ["q = 'select * from t where a = ' + a\n",
                                    "q = (\n    'select * from t where a = ' + a\n)\n"])  # fmt: skip
def test_a_bare_text_is_known_by_what_it_is_given_to(symbols, source):
    assert ("bandit.B608", "q '...'") in symbols(source)


def test_no_text_of_the_file_stays():
    code = '7 x = f("hunter2",  # it\'s\n8     """a\n9 hunter3""", r\'hunter4\')\n'
    found = text_of(Node([7, 8, 9], 4, 0), 7, code)
    assert found == "f('...', '...', '...')"


def test_a_node_that_is_not_shown_whole_is_known_by_its_line():
    assert text_of(Node([1, 2, 3], 0, 4), 2, "2     shell=True,\n3 )\n") == "shell=True,"
    assert text_of(Node([], 0, 0), 2, "1 a\n2 eval('x')\n") == "eval('...')"
    assert text_of(Node([], 0, 0), 9, "") == ""


def test_columns_count_bytes():
    assert text_of(Node([1], 8, 20), 1, "1 é = é; eval('é')\n") == "eval('...')"


@pytest.mark.parametrize("text", ["'hunter2", '"""hunter2', "b'hunter2\\'hunter2'", "# hunter2"])
def test_texts_without_an_end_are_taken_out(text):
    assert "hunter" not in without_literals(text)


def test_a_message_quotes_nothing():
    issue = Issue(
        test_id="B105", test_name="n", text="Possible hardcoded password: 'hun'ter2'",
        severity="LOW", confidence="LOW", cwe=259, help_uri="", line=1, symbol="",
    )  # fmt: skip
    assert _message(issue) == "Possible hardcoded password: '...'"
