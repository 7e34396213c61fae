import pytest

from shopsec.model import Role
from shopsec.scan.access.resources import compose
from tests.access.in_memory import built


def service(body):
    (found,) = built(compose.SOURCE, {"docker-compose.prod.yml": f"services:\n  web:\n{body}\n"})
    return found


def view(*lines):
    return service("\n".join(f"    {line}" for line in lines)).view


@pytest.mark.parametrize(
    ("name", "body", "stack"),
    [
        ("docker-compose.prod.yml", "image: a", "production"),
        ("docker-compose.dev.yml", "image: a", "developer"),
        ("compose.yaml", "image: a", "unknown"),
        ("compose.yaml", "{image: a, restart: always}", "production"),
        ("compose.yaml", "{image: a, restart: always, develop: {watch: []}}", "developer"),
        ("compose.yaml", "{image: axllent/mailpit, restart: always}", "developer"),
        ("compose.yaml", "{build: ., volumes: ['.:/srv'], restart: always}", "developer"),
        ("compose.yaml", "{image: a, command: nodemon, restart: always}", "developer"),
    ],
)
def test_what_a_stack_is_for(name, body, stack):
    body = body if body.startswith("{") else f"{{{body}}}"
    (found,) = built(compose.SOURCE, {name: f"services:\n  web: {body}\n"})
    assert found.view.stack == stack


@pytest.mark.parametrize(
    ("service", "stack"),
    [
        ("{image: traefik, ports: ['443:443']}", "production"),
        ("{image: traefik, ports: [{published: 443, target: 8443}]}", "production"),
        ("{image: traefik, ports: ['127.0.0.1:443:443']}", "unknown"),
        ("{image: traefik, ports: ['8443:443']}", "unknown"),
        (
            "{image: traefik, command: ['--certificatesresolvers.le.acme.email=a@b.c']}",
            "production",
        ),
        (
            "{image: web, labels: ['traefik.http.routers.w.rule=Host(`www.a.example`)']}",
            "production",
        ),
        ("{image: web, labels: {rule: 'Host(`${HOST}`)'}}", "unknown"),
        ("{image: web, labels: {rule: 'Host(`a.localhost`)'}, ports: ['443:443']}", "developer"),
        ("{image: web, environment: [VIRTUAL_HOST=shop.test]}", "developer"),
        ("{image: web, environment: {VIRTUAL_HOST: 'shop.de,www.shop.de'}}", "production"),
        ("{image: web, command: npm run dev, ports: ['443:443']}", "developer"),
    ],
)
def test_what_faces_customers_is_live(service, stack):
    (found,) = built(compose.SOURCE, {"compose.yaml": f"services:\n  web: {service}\n"})
    assert found.view.stack == stack


@pytest.mark.parametrize(
    ("name", "script", "stack"),
    [
        ("deploy.sh", "ssh root@a 'cd /srv && git pull && docker compose up -d'", "production"),
        ("deploy.sh", "ssh a docker-compose -f /srv/shop/compose.yaml up -d", "production"),
        ("deploy.sh", "ssh a docker compose -f other.yaml up -d", "unknown"),
        ("Makefile", "live:\n\tDOCKER_HOST=ssh://a docker compose \\\n up -d", "production"),
        ("start.sh", "docker compose up -d", "unknown"),
        ("start.sh", "docker compose up -d\nssh a make", "unknown"),
        ("deploy.sh", "# ssh a docker compose up", "unknown"),
        ("notes.txt", "ssh a docker compose up", "unknown"),
        (
            ".github/workflows/live.yml",
            "- uses: appleboy/ssh-action@v1\n  with: {script: docker compose up -d}",
            "production",
        ),
    ],
)
def test_what_a_script_starts_on_another_machine_is_live(name, script, stack):
    files = {"compose.yaml": "services: {web: {image: a}}", name: script}
    (found,) = built(compose.SOURCE, files)
    assert found.view.stack == stack


@pytest.mark.parametrize(
    ("images", "more", "stack"),
    [
        (("mysql:8.0", "mysql:5.7"), "", "developer"),
        (("mysql:8.0", "mysql:5.7"), ", restart: always", "production"),
        (("postgres:16", "postgres:16-alpine"), "", "unknown"),
        (("mysql:8.0", "redis:7"), "", "unknown"),
        (("shop/web:1", "shop/web:2"), "", "unknown"),
    ],
)
def test_two_versions_of_one_data_store_are_there_to_test_with(images, more, stack):
    body = "".join(f"  s{n}: {{image: '{image}'{more}}}\n" for n, image in enumerate(images))
    found = built(compose.SOURCE, {"docker-compose.yml": f"services:\n{body}"})
    assert {each.view.stack for each in found} == {stack}


def test_the_role_of_a_file_decides_first():
    text = "services:\n  web: {image: a, restart: always}\n"
    (found,) = built(compose.SOURCE, {"compose.yaml": text}, role=Role.TEST)
    assert found.view.stack == "developer"


@pytest.mark.parametrize(
    ("body", "limited"),
    [
        ("mem_limit: 512m", True),
        ("deploy: {resources: {limits: {memory: 1G}}}", True),
        ("deploy: {resources: {limits: {cpus: 1}}}", False),
        ("deploy: {resources: 3}", False),
        ("image: a", False),
    ],
)
def test_memory(body, limited):
    assert view(body).memory_limited is limited


@pytest.mark.parametrize(
    ("ports", "everywhere", "local"),
    [
        ("['3306:3306']", ("3306:3306",), False),
        ("['127.0.0.1:3306:3306']", (), True),
        ("['${IP:-0.0.0.0}:3306:3306']", (), True),
        ("[{published: 80, target: 80, host_ip: 127.0.0.1}]", (), True),
        ("['[::1]:80:80', '80']", ("80",), False),
        ("[]", (), False),
    ],
)
def test_ports(ports, everywhere, local):
    found = view(f"ports: {ports}")
    assert (found.ports_everywhere, found.ports_local) == (everywhere, local)


@pytest.mark.parametrize(
    ("image", "environment", "more", "setting"),
    [
        ("mysql:8", "{MYSQL_ALLOW_EMPTY_PASSWORD: true}", "", "MYSQL_ALLOW_EMPTY_PASSWORD: true"),
        ("shop/db", "{MYSQL_ALLOW_EMPTY_PASSWORD: 'yes'}", "", "MYSQL_ALLOW_EMPTY_PASSWORD: yes"),
        ("mysql:8", "{MYSQL_ALLOW_EMPTY_PASSWORD: 'yes', MYSQL_ROOT_PASSWORD: '${X}'}", "", ""),
        ("mysql:8", "{MYSQL_ALLOW_EMPTY_PASSWORD: ''}", "", ""),
        ("mysql:8", "{}", "command: mysqld --skip-grant-tables", "--skip-grant-tables"),
        ("redis:8", "{}", "ports: ['6379:6379']", "no requirepass"),
        ("redis:8", "{}", "", ""),
        ("redis:8", "{}", "command: redis-server /etc/redis.conf", ""),
        ("bitnami/redis:8", "{REDIS_PASSWORD: '${X}'}", "ports: ['6379:6379']", ""),
        ("mongo:8", "{}", "ports: ['27017:27017']", "no MONGO_INITDB_ROOT_USERNAME"),
        ("mongo:8", "{MONGO_INITDB_ROOT_USERNAME: a}", "ports: ['27017:27017']", ""),
        (
            "opensearch:3",
            "['plugins.security.disabled=true']",
            "",
            "plugins.security.disabled: true",
        ),
    ],
)
def test_data_stores_without_a_login(image, environment, more, setting):
    found = view(f"image: {image}", f"environment: {environment}", more)
    assert found.no_login == setting


def test_secrets_of_both_forms_of_an_environment():
    for body in (
        "    environment:\n      DB_USER: shop\n      DB_PASSWORD: shop\n      MAIL_PASSWORD: a1-b2-c3\n"
        "      AWS_SECRET_ACCESS_KEY: secret\n      NAME_KEY: NAME_OF_KEY",
        "    environment:\n      - DB_USER=shop\n      - DB_PASSWORD=shop\n      - MAIL_PASSWORD=a1-b2-c3\n"
        "      - AWS_SECRET_ACCESS_KEY=secret\n      - NAME_KEY=NAME_OF_KEY",
    ):
        found = service(body)
        assert found.view.secret_names == ("MAIL_PASSWORD",)
        assert found.view.default_secrets == ("DB_PASSWORD",)
        assert found.line_at("secret") == 5
        assert found.places["environment.MAIL_PASSWORD"] == 6


@pytest.mark.parametrize(
    ("image", "tool"),
    [
        ("adminer", "adminer"),
        ("docker.io/library/adminer:5", "adminer"),
        ("kubernetesui/dashboard:v2", "dashboard"),
        ("acme/dashboard:v2", ""),
        ("rabbitmq:4-management", ""),
        ("acme/shop-adminer", ""),
    ],
)
def test_admin_tools(image, tool):
    assert view(f"image: {image}").admin_tool == tool


def test_what_takes_walls_down():
    found = view(
        "image: prom/node-exporter",
        "pid: host",
        "user: '0:0'",
        "profiles: [tools]",
        "cap_add: [cap_sys_admin, CHOWN]",
        "security_opt: ['apparmor=unconfined']",
        "volumes: ['/:/host:ro', '$HOME/.aws:/aws', '/var/run/docker.sock:/d.sock:ro', 'data:/data']",
        "command: [gunicorn, a, --access-logfile, /dev/null]",
    )
    assert found.watches_host
    assert found.host_namespaces == ("pid",)
    assert found.root
    assert found.profiles == ("tools",)
    assert found.capabilities == ("SYS_ADMIN",)
    assert found.unconfined
    assert found.host_folders == ("/", "$HOME/.aws")
    assert found.socket == "ro"
    assert found.access_log_off


@pytest.mark.parametrize(
    ("name", "text", "stacks"),
    [
        ("docker-stack.yml", "services: {a: {image: b}}", {"production"}),
        ("compose/production.yml", "services:\n  a:\n    build: .\n", {"production"}),
        ("live/shop.yaml", "services: {a: {image: b}}", {"production"}),
        ("local.yml", "services: {a: {image: b}}", {"developer"}),
        ("docker_compose.yaml", "services: {a: {image: b}}", {"unknown"}),
        ("config/services.yaml", "services: {a: {class: b, arguments: {image: c}}}", set()),
        ("values.yaml", "services: {a: {image: b}}", set()),
        (".woodpecker.yml", "services: {a: {image: b}}", set()),
        ("a.yml", "services: [{image: b}]", set()),
        ("a.yml", "services: {a: {image: b}}\n---\na: 1\n", set()),
    ],
)
def test_stacks_of_any_name_are_known_by_what_they_hold(name, text, stacks):
    assert {each.view.stack for each in built(compose.STACK_SOURCE, {name: text})} == stacks


@pytest.mark.parametrize(
    ("value", "privileged"), [("true", True), ('"true"', True), ("yes", True), ("no", False)]
)
def test_words_for_yes(value, privileged):
    assert view("image: a", f"privileged: {value}").privileged is privileged


@pytest.mark.parametrize(
    ("service", "why"),
    [
        (
            "{image: phpmyadmin, environment: {PMA_USER: root, PMA_PASSWORD: '${P}'}}",
            "signs in by itself: PMA_USER, PMA_PASSWORD",
        ),
        ("{image: phpmyadmin, environment: {PMA_USER: root}}", ""),
        ("{image: mher/flower, command: celery flower}", "no --basic-auth"),
        ("{image: mher/flower, command: celery flower --basic-auth=a:b}", ""),
        ("{image: mher/flower, environment: [FLOWER_BASIC_AUTH=a:b]}", ""),
        ("{image: other/flower}", ""),
        (
            "{image: mongo-express, environment: {ME_CONFIG_BASICAUTH: false}}",
            "ME_CONFIG_BASICAUTH is off",
        ),
        ("{image: mongo-express}", ""),
        (
            "{image: dpage/pgadmin4, environment: {PGADMIN_CONFIG_SERVER_MODE: 'False'}}",
            "PGADMIN_CONFIG_SERVER_MODE: False",
        ),
        ("{image: dpage/pgadmin4}", ""),
        ("{image: rediscommander/redis-commander}", "no HTTP_PASSWORD"),
        ("{image: rediscommander/redis-commander, environment: {HTTP_PASSWORD: '${P}'}}", ""),
        ("{image: adminer}", ""),
    ],
)
def test_an_administrators_tool_that_lets_anybody_in(service, why):
    (found,) = built(compose.SOURCE, {"compose.yaml": f"services:\n  t: {service}\n"})
    assert found.view.admin_open == why
