"""What lines of shell do, judged from their text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.model import Role, SourceFile
from shopsec.scan.access.documents.shell import shell_lines
from shopsec.scan.access.resources import command_releases as releases
from shopsec.scan.access.resources import command_secrets as secrets
from shopsec.scan.access.resources import command_trust as trust
from shopsec.scan.access.resources import commands
from shopsec.scan.access.resources.pipeline import Command
from shopsec.scan.access.resources.scripts import (
    Owner,
    Script,
    command_resources,
    facts_of,
    moving_images,
)


@pytest.mark.parametrize(
    "line",
    [
        "kubectl apply -f k8s/",
        "helm upgrade --install shop chart/",
        "terraform apply -auto-approve",
        "aws s3 sync dist s3://shop",
        "ssh deploy@shop.example.com 'git pull'",
        "ssh -i key -p 22 $USER@$HOST uptime",
        "rsync -az dist/ deploy@shop:/srv",
        "rsync -e ssh dist/ shop:/srv",
        "lftp -e 'mirror -R dist /www' ftp.example.com",
        "curl -T shop.zip ftp://ftp.example.com/",
        "vendor/bin/dep deploy production",
        "cap production deploy",
        "git push ssh://deploy@shop/srv/shop.git main",
        "git push dokku main",
        "git ftp push",
        "bin/magento setup:upgrade",
        "echo going && kubectl apply -f x",
    ],
)
def test_deployments(line):
    assert commands.is_deployment(line)


@pytest.mark.parametrize(
    "line",
    [
        "kubectl apply --dry-run=client -f k8s/",
        "terraform plan",
        "helm lint chart/",
        "ssh -T git@github.com",
        "git push origin main",
        "git push git@github.com:shop/shop.git v1",
        "echo kubectl apply -f x",
        "ssh-keyscan shop.example.com",
        "curl -O ftp://mirror.example.org/data.csv",
        "scripts/deploy.sh",
        "composer require deployer/deployer",
    ],
)
def test_no_deployments(line):
    assert not commands.is_deployment(line)


@pytest.mark.parametrize(
    ("line", "tests", "ignored"),
    [
        ("vendor/bin/phpunit", True, False),
        ("npm run test:unit || true", True, True),
        ("pip install pytest", False, False),
        ("pip install -r r.txt && pytest", True, False),
        ("npx playwright install", False, False),
        ("npx playwright test; true", True, True),
        ("composer audit || exit 0", True, True),
        ("trivy fs .", True, False),
        ("echo pytest", False, False),
        ("make test || echo failed", True, True),
        ("make lint || make test", True, False),
    ],
)
def test_tests(line, tests, ignored):
    assert commands.is_test(line) is tests
    assert commands.ignores_failure(line) is ignored


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("curl -sS https://example.com/i | php", True),
        ("curl -fsSL https://example.com/i | sudo -E bash -", True),
        ("wget -qO- https://example.com/i.sh | sh", True),
        ("bash <(curl -s https://example.com/bash)", True),
        ('sh -c "$(curl -fsSL https://example.com/i.sh)"', True),
        ('eval "$(curl -s https://example.com/i)"', True),
        ("curl https://example.com/a.gpg | gpg --dearmor | bash", True),
        ("curl https://example.com/stock.json | python3 -c 'import json'", False),
        ("curl -s https://example.com/x.tgz | tar xz", False),
        ("curl -s https://example.com/i | tee i | sha256sum -c sums && cat i | sh", False),
        ("curl -s http://localhost:8000/i | sh", False),
        ("bash install.sh", False),
    ],
)
def test_downloads_that_run(line, runs):
    assert trust.runs_download(line) is runs


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("curl -Os http://prod/r.sh\nchmod +x r.sh\n./r.sh", [1]),
        ("curl -o /tmp/i.sh https://e.org/i.sh\nsudo bash /tmp/i.sh -x", [1]),
        ("wget https://e.org/i.sh && sh i.sh", [1]),
        ("wget https://e.org/i.sh\nsha256sum -c sums\nsh i.sh", []),
        ("wget https://e.org/i.sh\ncat i.sh", []),
        ("sh i.sh\nwget https://e.org/i.sh", []),
        ("curl -Lo kubectl https://e.org/kubectl\nchmod +x kubectl\n./kubectl version", []),
    ],
)
def test_a_script_that_was_fetched_before(script, found):
    resources = command_resources([written(script)], Owner("gitlab", "job"))
    views = [(each.line, each.view) for each in resources]
    assert [
        line for line, view in views if isinstance(view, Command) and view.runs_download
    ] == found


@pytest.mark.parametrize(
    ("line", "switch"),
    [
        ("curl -k https://example.com", "curl --insecure"),
        ("curl -sSkL https://example.com", "curl --insecure"),
        ("curl --insecure https://example.com", "curl --insecure"),
        ("curl -k https://localhost:8443", ""),
        ("curl -o k https://example.com", ""),
        ("curl -isSL http://example.com", ""),
        ("wget --no-check-certificate https://example.com", "--no-check-certificate"),
        ("export NODE_TLS_REJECT_UNAUTHORIZED=0", "NODE_TLS_REJECT_UNAUTHORIZED=0"),
        ("export NODE_TLS_REJECT_UNAUTHORIZED=1", ""),
        ("npm config set strict-ssl false", "strict-ssl=false"),
        ("pip install --trusted-host pypi.example.com x", "--trusted-host"),
        (
            "pip install --extra-index-url http://pypi.a.example/simple x",
            "a package index over http",
        ),
        ("pip3 install -i http://pypi.a.example x", "a package index over http"),
        ("npm ci --registry=http://npm.a.example", "a package index over http"),
        ("pip install --index-url https://pypi.a.example x", ""),
        ("pip install --index-url http://localhost:3141 x", ""),
        ("scp -o StrictHostKeyChecking=no a b@c:", "StrictHostKeyChecking=no"),
        ("scp -o StrictHostKeyChecking=accept-new a b@c:", ""),
        ("ssh -o UserKnownHostsFile=/dev/null b@c", "UserKnownHostsFile=/dev/null"),
        ("apt-get install -y --allow-unauthenticated x", "--allow-unauthenticated"),
        ("gcloud run deploy --allow-unauthenticated", ""),
        ("git config --global http.sslVerify false", "http.sslVerify=false"),
        ("kubectl --insecure-skip-tls-verify get pods", "--insecure-skip-tls-verify"),
        ("kubectl --insecure-skip-tls-verify=false get pods", ""),
    ],
)
def test_checks_that_are_off(line, switch):
    assert trust.skips_verification(line) == switch


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("docker login -u shop -p $TOKEN registry", "login -p TOKEN"),
        ("docker login -u shop --password ${{ secrets.KEY }}", "login -p KEY"),
        ("docker login -u shop --password-stdin", ""),
        ("docker login -u shop -p literal", ""),
        ("mysql -uroot -p$DB_PASS shop", "mysql -p DB_PASS"),
        ("mysql -h 127.0.0.1 -p$DB_PASS", ""),
        ("mysql -P$PORT -p", ""),
        ('sshpass -p "$PW" ssh a@b', "sshpass -p PW"),
        ('curl -u "${{ secrets.CCI_TOKEN }}:" x', "curl -u CCI_TOKEN"),
        ('curl -u "shop:$API_TOKEN" x', "curl -u API_TOKEN"),
        ("curl -u user:pass https://x", ""),
        ("git clone https://x:${TOKEN}@github.com/a", "a password in an address TOKEN"),
        ("git push https://${GH_PAT}@github.com/x", "a token in an address GH_PAT"),
        ("curl https://$HOST:$PORT/x", ""),
        ("DATABASE_URL=postgres://u:$DB_PASSWORD@h/x", ""),
        ("npm config set //r/:_authToken $NPM_TOKEN", "npm config set _authToken NPM_TOKEN"),
    ],
)
def test_secrets_among_arguments(line, words):
    assert secrets.secret_argument(line) == words


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('echo "key: $PRIVATE_KEY"', "PRIVATE_KEY"),
        ("echo $API_TOKEN | base64", "API_TOKEN"),
        ("echo $SSH_KEY | base64 -d > key", ""),
        ("echo ${{ secrets.X }}", "X"),
        ('echo "$TOKEN" > f', ""),
        ('echo "$TOKEN" >&2', "TOKEN"),
        ('echo "$TOKEN" | tee f', "TOKEN"),
        ('echo "t=$TOKEN" >> $GITHUB_OUTPUT', ""),
        ('echo "${#TOKEN} ${TOKEN:+set}"', ""),
        ("echo 'x $TOKEN'", ""),
        ('echo "it\'s $TOKEN"', "TOKEN"),
        ('echo "::add-mask::$TOKEN"', ""),
        ('printf "%s" "$NPM_TOKEN" | docker login --password-stdin', ""),
        ("test -n x && echo $DB_PASSWORD", "DB_PASSWORD"),
        ("echo $PATH", ""),
    ],
)
def test_secrets_in_the_log(line, name):
    assert secrets.prints_secret(line) == name


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ("env", "env"),
        ("printenv", "printenv"),
        ("env | sort", "env"),
        ("printenv | grep -v PATH", "printenv"),
        ("env | grep SHOP", ""),
        ("env > all.txt", ""),
        ("export", "export"),
        ("cat .env", "cat .env"),
        ("cat .env.example", ""),
        ("env FOO=1 make", ""),
        ("set -x", "set -x"),
        ("set -euxo pipefail", "set -x"),
        ("set -euo pipefail", ""),
        ("CI_DEBUG_TRACE=true", "CI_DEBUG_TRACE"),
        ("CI_DEBUG_TRACE=false", ""),
    ],
)
def test_everything_in_the_log(line, how):
    assert secrets.prints_environment(line) == how


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("lftp -e 'mirror -R dist /www' ftp://ftp.example.com", True),
        ("lftp -e 'mirror -R dist /www' sftp://shop.example.com", False),
        ("lftp -e 'set ftp:ssl-force true; mirror -R a b' ftp://ftp.example.com", False),
        ("curl -T a ftp://ftp.example.com/", True),
        ("curl -T a --ssl-reqd ftp://ftp.example.com/", False),
        ("curl -O ftp://ftp.example.com/a", False),
        ("git ftp push", True),
        ("ncftpput -R host / dist", True),
    ],
)
def test_plain_ftp(line, plain):
    assert releases.plain_ftp(line) is plain


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("php artisan migrate:fresh --force", "migrate:fresh"),
        ("php artisan migrate --force", ""),
        ("bin/console doctrine:schema:update --force", "doctrine:schema:update"),
        ("bin/console doctrine:schema:update --dump-sql", ""),
        ("bin/console doctrine:fixtures:load --append", ""),
        ("rails db:schema:load", "db:schema:load"),
        ("rails db:migrate", ""),
        ("ssh a@b 'mysql -e \"DROP DATABASE shop\"'", "DROP DATABASE"),
        ("echo DROP DATABASE", ""),
        ("redis-cli flushall", "redis-cli flushall"),
    ],
)
def test_what_empties_a_database(line, command):
    assert releases.destroys_data(line) == command


@pytest.mark.parametrize(
    ("line", "pushes"),
    [
        ("git push origin main", True),
        ("git push origin HEAD:main", True),
        ("git push origin HEAD:refs/heads/master", True),
        ("git push", True),
        ("git push origin HEAD", True),
        ("git push origin v1", False),
        ("git push --tags", False),
        ("git push origin gh-pages", False),
        ("git push origin $BRANCH", False),
        ("git push --dry-run origin main", False),
    ],
)
def test_pushes_to_the_default_branch(line, pushes):
    assert releases.pushes_to_default(line, frozenset({"main"})) is pushes


def test_a_bare_push_needs_a_branch_that_is_known():
    assert not releases.pushes_to_default("git push", frozenset())


@pytest.mark.parametrize(
    ("script", "moving"),
    [
        ("docker push $CI_REGISTRY_IMAGE:latest", ("$CI_REGISTRY_IMAGE:latest",)),
        ("docker push r.example.com/shop", ("r.example.com/shop:latest",)),
        ("docker push $IMAGE", ()),
        ("docker push r/shop:latest\ndocker push r/shop:1.2.3", ()),
        ("docker push r/shop:$CI_COMMIT_BRANCH", ("r/shop:$CI_COMMIT_BRANCH",)),
        ("docker push r/shop:$CI_COMMIT_SHA", ()),
        ("docker buildx build -t r/shop:latest --push .", ("r/shop:latest",)),
        ("docker build -t r/shop:latest .", ()),
        ("kubectl set image deploy/shop web=r/shop:latest", ("r/shop:latest",)),
    ],
)
def test_images_that_move(script, moving):
    assert moving_images([facts_of(script)]) == moving


@pytest.mark.parametrize(
    ("command", "both"),
    [
        ("python manage.py migrate && gunicorn shop.wsgi", True),
        ("npx medusa db:migrate && npx medusa start", True),
        ("bin/console doctrine:migrations:migrate -n; exec php-fpm", True),
        ("python manage.py migrate", False),
        ("gunicorn shop.wsgi", False),
    ],
)
def test_migrations_at_the_start(command, both):
    assert releases.migrates_and_starts(command) is both


def test_the_line_is_found_however_the_script_is_folded():
    folded = ["script: >", "  echo one", "  && curl -k", "  https://example.com", "x"]
    assert risky("echo one && curl -k https://example.com", folded) == [2]
    literal = ["run: |", "  set -e", "", "  curl -k https://example.com"]
    assert risky("set -e\n\ncurl -k https://example.com", literal) == [4]
    quoted = ['run: "curl -k https://example.com"']
    assert risky("curl -k https://example.com", quoted) == [1]
    assert risky("curl -k https://example.com", ["elsewhere"]) == [1]


def risky(text, source):
    return [each.line for each in command_resources([written(text, source)], Owner("x", "y"))]


def written(text, source=()):
    return Script(text, SourceFile("a.yml", 1, Role.PRODUCTION, True), 1, source)


@given(st.text(max_size=200))
def test_any_line_is_survived(text):
    assert len(list(command_resources([written(text)], Owner("x", "y")))) <= text.count("\n") + 200
    assert isinstance(facts_of(text).deploys, bool)


@pytest.mark.parametrize(
    ("text", "source", "line"),
    [
        ("ssh a@b one", ["- run: ssh a@b one", "- run: ssh a@b two"], 1),
        ("ssh a@b one\n", ["- run: |", "    ssh a@b one", "    ssh a@b two"], 2),
        ("x\nssh a@b one", ["\tx", "\tssh a@b one", "\tssh a@b two"], 2),
    ],
)
def test_a_line_is_told_from_the_next_that_looks_like_it(text, source, line):
    script = Script(text, SourceFile("a.yml", 1, Role.PRODUCTION, True), 1, source)
    wanted = next(each for each in shell_lines(text) if "ssh" in each.text)
    assert script.line_of(wanted) == line


@pytest.mark.parametrize(
    ("line", "switch"),
    [
        ("ssh -oStrictHostKeyChecking=no a@b x", "StrictHostKeyChecking=no"),
        ("printf 'Host *\\nStrictHostKeyChecking no' >> ~/.ssh/config", "StrictHostKeyChecking=no"),
        ('echo "StrictHostKeyChecking=no is forbidden"', ""),
        ("composer config -g disable-tls true", "disable-tls true"),
        ("skopeo copy --dest-tls-verify=false a b", "--tls-verify=false"),
        ("echo 'strict-ssl=false' | tee -a .npmrc", "strict-ssl=false"),
    ],
)
def test_checks_that_are_off_in_other_forms(line, switch):
    assert trust.skips_verification(line) == switch


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mysql -h db.shop.net -p$DB_PASSWORD", "mysql -p DB_PASSWORD"),
        ("mysql --host=db -p$DB_PASSWORD", ""),
        ('redis-cli -a "$REDIS_PASSWORD" ping', "redis-cli -a REDIS_PASSWORD"),
        ("docker build --build-arg NPM_TOKEN=$NPM_TOKEN .", "--build-arg NPM_TOKEN"),
        ("docker build --build-arg VERSION=$VERSION .", ""),
        ('curl -H "Authorization: Bearer ${{ secrets.HOOK }}" a', "curl --header HOOK"),
        ('curl -H "X-Run: $RUN_ID" a', ""),
        ("curl -H 'Authorization: Bearer ${{ steps.app.outputs.token }}' a", ""),
        ("vercel deploy --token=$VERCEL_TOKEN", "--token VERCEL_TOKEN"),
        ('echo "docker login -p $REGISTRY_PASSWORD"', ""),
    ],
)
def test_secrets_among_arguments_in_other_forms(line, words):
    assert secrets.secret_argument(line) == words


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("echo '${{ secrets.KEY }}' | base64", "KEY"),
        ("echo '$DB_PASSWORD'", ""),
        ("echo $DB_PASSWORD | sed 's/./& /g'", "DB_PASSWORD"),
        ("echo $DB_PASSWORD | sed 's/a/b/' | docker login --password-stdin", ""),
        ("echo $DB_PASSWORD | base64 > file", ""),
    ],
)
def test_secrets_in_the_log_in_other_forms(line, name):
    assert secrets.prints_secret(line) == name


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("ssh a@b 'docker compose down -v'", "docker compose down"),
        ("docker compose down -v", ""),
        ("ssh a@b 'docker compose down && docker compose logs -v'", ""),
        ("wp --ssh=root@shop db reset --yes", "wp db reset"),
        ("wp --path=/srv --allow-root db drop", "wp db drop"),
    ],
)
def test_what_empties_a_database_in_other_forms(line, command):
    assert releases.destroys_data(line) == command


@pytest.mark.parametrize(
    "line",
    ["aws s3 sync a s3://b --dryrun", "ansible-playbook --syntax-check a.yml", 'echo "ssh a@b x"'],
)
def test_rehearsals_and_texts_deploy_nothing(line):
    assert not commands.is_deployment(line)
