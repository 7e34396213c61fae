"""Whatever stands in a file, the search takes time in proportion to its length."""

import time

import pytest

from tests.secrets.conftest import search

LENGTH = 120_000
# Per text of LENGTH characters, on a slow machine; what is quadratic takes minutes.
SECONDS = 4


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (".env", "PASSWORD="),
        (".env", "PASSWORD=a&"),
        (".env", "DB_PW=b\t"),
        (".env", "_pw"),
        ("Dockerfile", "ENV A_TOKEN "),
        ("a.conf", "password\t"),
        ("a.conf", "user a "),
        ("a.tf", 'variable "db_password" {'),
        ("a.tf", 'variable "db_password" { default '),
        ("a.yaml", "- value: a\n  name: "),
        ("a.yaml", "- value: pass\n  name: token"),
        ("a.yaml", "{ value: a, name: secret "),
        ("a.xml", '<string name="secret" '),
        ("a.xml", '<a key="secret">'),
        ("a.xml", "<a key=pass "),
        ("a.php", "'password'\n=>"),
        ("a.py", "password = (\n"),
        ("a.py", "password = \\\n"),
        ("a.rs", "token: &'a "),
        ("a.json", '{"encrypted": "token'),
        ("a.json", "checksum/secret"),
        ("a.js", "https://a@b"),
        ("a.js", "https://a:b@"),
        ("a.js", "https://a@b.c:d"),
        ("a.js", "redis://aaaaaaaaaaaaaaaa@"),
        ("a.js", "x+api://aaaaaaaa:b.c.d.e@default"),
        ("a.js", "https%3A%2F%2Fa%3A%41"),
        ("a.js", "a%3A%2F%2F"),
        ("a.go", "a:b@tcp("),
        ("a.go", "@unix("),
        ("a.properties", "jdbc:oracle:thin:a/b"),
        ("a.sh", "curl -u "),
        ("a.sh", "curl \\\n -u a:"),
        ("a.sh", "curl -ua\\"),
        ("a.sh", "mariadb -p"),
        ("a.sh", "openssl -pass "),
        ("a.sh", "echo a:b | chpasswd"),
        ("a.sh", "echo a:bcde chpasswd"),
        ("a.sh", "requirepass "),
        ("a.ps1", "ConvertTo-SecureString -Force "),
        (".netrc", "machine a password "),
        (".netrc", "default login a password "),
        ("a.php", "new PDO(a,"),
        ("a.php", "mysqli_connect(a(b),'"),
        ("a.js", "jwt.sign({a,"),
        ("a.js", ".login("),
        ("a.php", "CURLOPT_USERPWD,'a:"),
        ("a.sql", "IDENTIFIED WITH a BY "),
        ("a.sql", "ALTER ROLE a PASSWORD 'b' "),
        ("a.sql", "role PASSWORD('"),
        (".pgpass", "a:5432:a:b:"),
        (".pgpass", "*:*:"),
        ("sasl_passwd", "[a]:587 "),
    ],
)
def test_generated_worst_cases(path, part):
    started = time.process_time()
    search((part * (1 + LENGTH // len(part)))[:LENGTH], path)
    assert time.process_time() - started < SECONDS
