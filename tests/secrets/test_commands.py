"""Passwords among the words of commands, calls, statements and lines of lists."""

import pytest

from tests.secrets import planted

SECRET = planted.drawn(planted.ALNUM, 14)
TOKEN = planted.drawn(planted.ALNUM, 32)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", "curl -u shop:{} https://api.myshop.de/"),
        ("a.sh", "curl -ushop:{} https://api.myshop.de/"),
        ("a.sh", "curl -X POST \\\n  -H 'a: b' \\\n  -u 'shop:{}' \\\n  https://api.myshop.de/"),
        ("a.sh", "curl --user  'shop:{}' https://api.myshop.de/"),
        ("a.sh", 'curl --user "shop:{}" https://api.myshop.de/'),
        ("a.sh", "mariadb-dump -ushop -p{} shop"),
        ("a.sh", "mariadb --password={} shop"),
        ("a.sh", "openssl enc -aes-256-cbc -pass pass:{} -in a"),
        ("a.sh", "openssl rsa -in a -passin 'pass:{}'"),
        ("a.sh", "openssl rsa -in a -passout pass:{} -out b"),
        ("a.sh", "mongo --host a -p {} shop"),
        ("Dockerfile", "RUN echo 'root:{}' | chpasswd"),
        ("Dockerfile", 'RUN echo "root:{}" | sudo chpasswd'),
        ("Dockerfile", "RUN echo root:{} | /usr/sbin/chpasswd"),
        ("compose.yaml", "command: redis-server --requirepass {}"),
        ("redis.conf", "requirepass {}"),
        ("a.ps1", "$pw = ConvertTo-SecureString '{}' -AsPlainText -Force"),
        ("a.ps1", '$pw = ConvertTo-SecureString -String "{}" -AsPlainText'),
        (".netrc", "machine git.myshop.de login shop password {}"),
        (".netrc", "machine git.myshop.de password {} login shop"),
        ("_netrc", "default login shop password {}"),
    ],
)
def test_passwords_of_commands(found, path, text):
    result = found(text.format(SECRET) + "\n", path)
    assert [each.confidence for each in result.sightings] == ["medium"]
    assert result.values == [SECRET]
    assert {each.rule for each in result.sightings} <= {"command-password", "keyword"}


def test_a_token_as_the_user_of_curl(found):
    assert found(f"curl https://api.myshop.de/v1 -u {TOKEN}:\n", "a.sh").values == [TOKEN]
    assert found(f"curl -u '{TOKEN}:' https://api.myshop.de/v1\n", "a.sh").values == [TOKEN]
    assert found("curl -u development-shop: https://api.myshop.de/\n", "a.sh").values == []


@pytest.mark.parametrize(
    "text",
    [
        "mongo -p 27018:27017",
        "docker run mysql -p 3306:3306 mysql:8",
        "docker run --name mariadb -p127.0.0.1:3306:3306 x",
        'curl -u "$USER:$PASS" https://x.de',
        "curl -u user:password https://x.de",
        "curl -u shop https://x.de:8443/",
        "openssl req -passout pass:password",
        "openssl req -passin env:SHOP_PASS_1",
        'echo "root:$ROOT_PW" | chpasswd',
        "redis-server --requirepass $REDIS_PASSWORD",
        "ConvertTo-SecureString $plain -AsPlainText",
    ],
)
def test_commands_without_a_password(seen, text):
    assert seen(text + "\n", "a.sh") == []


@pytest.mark.parametrize(
    ("path", "text", "name", "confidence"),
    [
        ("a.php", "new PDO('mysql:host=db;dbname=a', 'shop', '{}');", "pdo", "medium"),
        ("a.php", "new \\PDO($dsn, $user, '{}', [PDO::X => 1]);", "pdo", "medium"),
        ("a.php", "mysqli_connect('db', 'shop', '{}', 'shop')", "mysqli_connect", "medium"),
        ("a.php", "mysqli_connect(getenv('A'), $user, \"{}\")", "mysqli_connect", "medium"),
        ("a.php", "new mysqli($host, $user, '{}')", "mysqli", "medium"),
        ("a.php", "new mysqli(\n  'db',\n  'shop',\n  '{}'\n)", "mysqli", "medium"),
        ("a.php", "curl_setopt($c, CURLOPT_USERPWD, 'shop:{}')", "curlopt_userpwd", "medium"),
        ("a.php", "ftp_login($c, 'shop', '{}')", "ftp_login", "medium"),
        ("a.php", "$mail->login('a')->setPassword('{}')", "setpassword", "low"),
        ("a.php", "$mail.setPassword('{}')", "setpassword", "low"),
        ("a.py", "server.login('info@myshop.de', '{}')", "login", "low"),
        ("a.py", "requests.get(url, auth=('shop', '{}'))", "auth", "medium"),
        ("a.js", "jwt.sign({{id: 1, a: 2}}, '{}', {{expiresIn: '1h'}})", "jwt_sign", "medium"),
        ("a.js", "require('twilio')(SID, '{}')", "require_twilio", "medium"),
        ("A.java", 'DriverManager.getConnection(url, "shop", "{}")', "getconnection", "medium"),
        ("a.pl", "DBI->connect('dbi:mysql:shop', 'shop', '{}')", "dbi_connect", "medium"),
    ],
)
def test_passwords_that_are_arguments_of_a_call(found, path, text, name, confidence):
    result = found(text.format(SECRET) + "\n", path)
    expected = [("keyword", name, confidence)] if confidence else []
    assert [(each.rule, each.name, each.confidence) for each in result.sightings] == expected
    assert result.values == [SECRET] * bool(confidence)


@pytest.mark.parametrize(
    "text",
    [
        "new PDO($dsn, $user, $password7)",
        "new PDO('sqlite::memory:')",
        "mysqli_connect('localhost', 'root', '')",
        "mysqli_connect('localhost', 'root', 'password1')",
        "server.login(user, 'Enter your 2nd password')",
        "self.client.login('/account/login2', '/account/login3')",
        "jwt.sign(payload, process.env.JWT_SECRET_2)",
        "auth=(os.environ['A'], os.environ['B'])",
        "form.login('username', 'customer_password2')",
    ],
)
def test_calls_without_a_password(seen, text):
    assert seen(text + ";\n", "a.php") == []


@pytest.mark.parametrize(
    "text",
    [
        "CREATE USER 'shop'@'%' IDENTIFIED BY '{}';",
        "GRANT ALL ON *.* TO 'shop'@'%' identified by \"{}\";",
        "CREATE USER shop IDENTIFIED WITH mysql_native_password BY '{}';",
        "ALTER ROLE shop WITH PASSWORD '{}';",
        "CREATE USER shop ENCRYPTED PASSWORD '{}';",
        "SET PASSWORD FOR 'shop'@'%' = PASSWORD('{}');",
    ],
)
def test_passwords_of_statements(found, text):
    result = found(text.format(SECRET) + "\n", "init.sql")
    assert [(each.rule, each.confidence) for each in result.sightings] == [("keyword", "medium")]
    assert result.values == [SECRET]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE USER 'shop' IDENTIFIED BY PASSWORD '*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9';",
        "CREATE USER 'shop' IDENTIFIED BY '${{PASSWORD}}';",
        "CREATE USER 'shop' IDENTIFIED BY 'password';",
        "the password 'must-have-8' letters",
        "check_password('Hq2-xk9-42')",
    ],
)
def test_statements_without_a_password(seen, text):
    assert seen(text + "\n", "init.sql") == []


@pytest.mark.parametrize(
    ("path", "line", "count"),
    [
        (".pgpass", "db.myshop.de:5432:shop:shop:{}", 1),
        ("ops/pgpass.conf", "*:*:*:shop:{}", 1),
        ("etc/postfix/sasl_passwd", "[smtp.strato.de]:587 shop@myshop.de:{}", 1),
        ("sasl_passwd", "smtp.strato.de:465\tshop:{}", 1),
        (".pgpass", "db.myshop.de:5432:shop:shop:$PASSWORD", 0),
        ("ports.yaml", "db.myshop.de:5432:shop:shop:{}", 0),
        ("notes.md", "[smtp.strato.de]:587 shop@myshop.de:{}", 0),
    ],
)
def test_lines_of_lists_of_passwords(found, path, line, count):
    result = found(f"# a list\n{line.format(SECRET)}\n", path)
    assert [(each.rule, each.line) for each in result.sightings] == [("keyword", 2)] * count
    assert result.values == [SECRET] * count


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("config/master.key", "{}\n", ["rails-master-key"]),
        ("shop/config/credentials/production.key", "{}", ["rails-master-key"]),
        ("config/master.key", "{}0\n", []),
        ("config/master.key", "# {}\n", []),
        ("config/other.key", "{}\n", []),
    ],
)
def test_the_master_key_of_rails_is_all_of_its_file(seen, path, text, expected):
    key = planted.drawn("0123456789abcdef", 32)
    assert [rule for rule, *_ in seen(text.format(key), path)] == expected
