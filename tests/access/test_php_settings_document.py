from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.documents.php_settings import parse_php_settings


def read(code):
    found = parse_php_settings(b"<?php\n" + code.encode())
    return [(each.name, each.value.value, each.line) for each in found]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("define('A', true);", [("A", True, 2)]),
        ('define( "A" , FALSE );', [("A", False, 2)]),
        ("const A = 'x';", [("A", "x", 2)]),
        ("Config::define('A', 3);", [("A", 3, 2)]),
        ("@ini_set('display_errors', '1');", [("display_errors", "1", 2)]),
        ("defined('A') or define('A', null);", [("A", None, 2)]),
        ("$a = 'x';\n$c['b']['d'] = \"y\";", [("a", "x", 2), ("c.b.d", "y", 3)]),
        ("return [\n'a' => ['b' => 1],\n'c' => ['x', 'y']];", [("a.b", 1, 3), ("c", ["x", "y"], 4)]),
        ("return array('a' => array('b' => 'z'));", [("a.b", "z", 2)]),
        ("return [X\\Y\\Bundle::class => ['all' => true]];", [("Bundle.all", True, 2)]),
        ("namespace Shop;\nreturn ['a' => 1];", [("a", 1, 3)]),
        ("echo 'A';\nfunction f() { define('A', 1); }", []),
        ("return ['a' => \"x$y\", 'b' => 'x' . 'y', 'c' => PHP_INT_MAX];",
         [("a", None, 2), ("b", None, 2), ("c", None, 2)]),
    ],
)  # fmt: skip
def test_where_settings_stand(code, found):
    assert read(code) == found


@pytest.mark.parametrize(
    ("expression", "default", "variable"),
    [
        ("env('X', 'd')", "d", "X"),
        ("env('X')", None, "X"),
        ("getenv('X') ?: 'd'", "d", "X"),
        ("$_ENV['X'] ?? 'd'", "d", "X"),
        ("$_SERVER['X']", None, "X"),
        ("(bool) env('X', false)", False, "X"),
        ("filter_var(env('X', true), FILTER_VALIDATE_BOOLEAN)", True, "X"),
        ("explode(',', env('X', 'a, b'))", ["a", "b"], "X"),
        ("\\Shop\\env('X', 'd')", "d", "X"),
    ],
)
def test_what_the_environment_gives(expression, default, variable):
    (found,) = parse_php_settings(f"<?php return ['a' => {expression}];".encode())
    assert found.value.source == "environment"
    assert (found.value.value, found.value.variable) == (default, variable)


@pytest.mark.parametrize(
    ("code", "conditional"),
    [
        ("define('A', 1);", False),
        ("if (!defined('A')) { define('A', 1); }", False),
        ("if ($_SERVER['REMOTE_ADDR'] === '::1') { define('A', 1); }", True),
        ("if (!defined('A') && f()) { define('A', 1); }", True),
        ("if (X): define('A', 1); endif;", True),
        ("try { define('A', 1); } catch (E $e) { }", False),
    ],
)
def test_what_may_not_be_in_force(code, conditional):
    (found,) = parse_php_settings(f"<?php {code}".encode())
    assert (found.name, found.conditional) == ("A", conditional)


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"<?php\nreturn [\n'a' => ;\n];", 3, "not PHP that can be read"),
        (b"<?php return " + b"['a'=>" * 70 + b"1" + b"]" * 70 + b";", 1, "nested more than 60"),
        (b"<?php " + b"if(1){" * 70 + b"}" * 70, 1, "nested more than 60 levels deep"),
        (b"<?php return [" + b"'a'=>1," * 20_001 + b"];", 1, "holds more than 20000 settings"),
        (b"<?php " + b" " * 500_000, 1, "holds more than 500000 bytes"),
    ],
)
def test_what_cannot_be_used(content, line, problem):
    with pytest.raises(DocumentError) as caught:
        parse_php_settings(content)
    assert caught.value.line == line
    assert caught.value.problem.startswith(problem)


def test_deep_values_are_not_followed():
    assert read("define('A', " + "(" * 5000 + "1" + ")" * 5000 + ");") == [("A", None, 2)]


@settings(max_examples=60)
@given(st.text(alphabet="$[]()'=>;a{}?:\n\\,", max_size=50))
def test_survives_any_text(text):
    with suppress(DocumentError):
        found = parse_php_settings(b"<?php " + text.encode())
        assert all(each.name for each in found)
