import pytest

from shopsec.scan.access.resources import dockerfiles
from tests.access.in_memory import built


def view(text, **others):
    (found,) = built(dockerfiles.SOURCE, {"Dockerfile": text} | others)
    return found.view


@pytest.mark.parametrize(
    ("instruction", "found"),
    [
        ("RUN apk add openssh", ("an SSH server",)),
        ("RUN apt-get install -y openssh-server=1:9", ("an SSH server",)),
        ("RUN apt-get install -y openssh-client", ()),
        ("CMD /usr/sbin/sshd -D", ("an SSH server",)),
        ("EXPOSE 22/tcp", ("port 22 is exposed",)),
        ("EXPOSE 2222", ()),
        ("RUN chmod -R 0777 /srv", ("files that anybody may change (chmod 777)",)),
        ("RUN chmod 777 /tmp", ()),
        ("RUN chmod 1777 /tmp && chmod 755 /srv", ()),
        ("RUN echo root:x | chpasswd", ("a password set while building",)),
        ("RUN echo 'app ALL=NOPASSWD: ALL' > /etc/sudoers.d/app", ("sudo without a password",)),
    ],
)
def test_back_doors(instruction, found):
    assert view(f"FROM a:1\n{instruction}\n").back_doors == found


@pytest.mark.parametrize(
    ("instruction", "found"),
    [
        ("RUN pecl install xdebug-3.4.5", ("xdebug",)),
        ("RUN apk add php84-xdebug", ("xdebug",)),
        ("RUN install-php-extensions gd xdebug", ("xdebug",)),
        ("RUN pecl install redis && echo xdebug", ()),
        ("ENV APP_ENV=dev", ("APP_ENV=dev",)),
        ("ENV NODE_ENV development", ("NODE_ENV=development",)),
        ('ENV NODE_ENV="production"', ()),
    ],
)
def test_debugging(instruction, found):
    assert view(f"FROM a:1\n{instruction}\n").debugging == found


def test_the_environment_of_what_ships():
    text = "FROM a:1 AS base\nENV A=1 B='2'\nFROM a:1 AS other\nENV C=3\nFROM base\nENV A=4\n"
    (found,) = built(dockerfiles.SOURCE, {"Dockerfile": text})
    assert found.view.environment == {"A": "4", "B": "2"}
    assert found.places["environment.A"] == 6


@pytest.mark.parametrize(
    ("name", "service", "root"),
    [
        ("compose.yaml", "{build: ., user: '1000'}", False),
        (
            "docker-compose.prod.yml",
            "{build: {context: ., dockerfile: ./Dockerfile}, user: app}",
            False,
        ),
        ("compose.yaml", "{build: ., user: root}", True),
        ("compose.yaml", "{build: .}", True),
        ("compose.yaml", "{build: ./other, user: app}", True),
        ("compose.yaml", "{build: {dockerfile: Dockerfile.dev}, user: app}", True),
        ("compose.yaml", "{image: a, user: app}", True),
        ("compose.yaml", "[", True),
        ("compose.yaml", "3", True),
    ],
)
def test_a_user_in_the_compose_file_counts(name, service, root):
    others = {name: f"services:\n  web: {service}\n"}
    found = [
        each
        for each in built(dockerfiles.SOURCE, {"Dockerfile": "FROM a:1\n"} | others)
        if each.kind == "dockerfile"
    ]
    assert [each.view.root for each in found] == [root]


@pytest.mark.parametrize(
    ("copied", "dotenv", "found"),
    [
        (".env", "", (".env",)),
        (".env", "###> symfony/framework-bundle ###\n", ()),
        (".env.prod", "###> symfony/framework-bundle ###\n", (".env.prod",)),
        ("secret.txt", "", ("secret.txt",)),
        ("config/private-key.pem", "", ("config/private-key.pem",)),
        ("secrets/readme.md", "", ()),
        ("ca.pem", "", ()),
    ],
)
def test_copied_secrets(copied, dotenv, found):
    others = {".env": dotenv} if dotenv else {}
    assert view(f"FROM a:1\nCOPY {copied} /srv/\n", **others).copied_secrets == found
