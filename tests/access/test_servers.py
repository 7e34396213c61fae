"""Facts about web servers."""

import pytest

from shopsec.model import Role, SourceFile, uri_of
from shopsec.scan.access.documents import NotRendered
from shopsec.scan.access.resources import apache, nginx
from shopsec.scan.access.resources.servers import Server, matches
from tests.access.in_memory import built, in_memory


def server(lines, files=(), name="nginx/shop.conf"):
    contents = {name: f"server {{\n{lines}\n}}\n", **dict.fromkeys(files, "<?php")}
    return built(nginx.SOURCE, contents)[0].view


def host(lines, files=(), name="apache/shop.conf"):
    contents = {name: f"<VirtualHost *:443>\n{lines}\n</VirtualHost>\n"}
    contents |= dict.fromkeys(files, "<?php") if not isinstance(files, dict) else files
    return next(each for each in built(apache.SOURCE, contents) if each.file.path == name).view


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"/\.(?!well-known)", "/.env", True),
        (r"/\.ht", "/.env", False),
        ("(", "/.env", False),
        ("(" * 60 + ".*" + ")*" * 60 + "x", "/.env", False),
        ("(?:(?:x?){900}){900}", "x", False),
    ],
)
def test_patterns_of_the_repository_take_linear_time(pattern, text, found):
    assert matches(pattern, text) is found


@pytest.mark.parametrize(
    ("location", "denied"),
    [
        (r"location ~ /\. { deny all; }", True),
        (r"location ~ /\.(?!well-known).* { return 404; }", True),
        (r"location ~ /\.(env|git) { access_log off; deny all; }", True),
        (r"location ~* /\.ENV { return 403; }", True),
        ("location /.env { deny all; }", True),
        ("location = /.env { internal; }", True),
        (r"location ~ /\.ht { deny all; }", False),
        (r"location ~ /\. { log_not_found off; }", False),
        (r"location ~ /\.ENV { deny all; }", False),
    ],
)
def test_what_nginx_refuses(location, denied):
    view = server(f"root /srv/wordpress;\n{location}\nlocation ~ php$ {{ fastcgi_pass php:9000; }}")
    assert (view.denies_dotfiles, view.gives_dotfiles) == (denied, not denied)


@pytest.mark.parametrize(
    ("root", "front", "project"),
    [
        ("root /var/www/shop;", "public/index.php", True),
        ("set $MAGE_ROOT /srv/shop; root $MAGE_ROOT;", "pub/index.php", True),
        ("set $MAGE_ROOT /srv/shop; root $MAGE_ROOT/pub;", "pub/index.php", False),
        ("root /var/www/shop;", "nginx/public/index.php", True),
        ("root /var/www/shop;", "other/public/index.php", False),
        ("root /var/www/html;", "public/index.php", False),
        ("root /var/www/shop;", "src/index.php", False),
        ("", "public/index.php", False),
    ],
)
def test_whether_the_project_is_served(root, front, project):
    assert server(root, [front]).project_root is project


@pytest.mark.parametrize(
    ("include", "complete"),
    [
        ("include fastcgi_params;", True),
        ("include snippets/ssl-params.conf;", True),
        ("include /etc/nginx/shop/*.conf;", False),
    ],
)
def test_what_includes_leave_open(include, complete):
    view = server(f"root /srv/wordpress;\nlocation / {{ {include} }}")
    assert (view.complete, view.gives_dotfiles) == (complete, complete)


def test_a_server_inherits():
    text = (
        "http {\n  ssl_protocols TLSv1.1 TLSv1.3;\n  autoindex on;\n  access_log off;\n"
        "  server { listen 443 ssl; }\n  server {\n    listen 444 ssl;\n"
        "    ssl_protocols TLSv1.2;\n    autoindex off;\n  }\n}\n"
    )
    first, second = built(nginx.SOURCE, {"nginx.conf": text})
    assert (first.view.old_tls, first.view.lists_folders, first.view.log_off) == (
        ("TLSv1.1",), True, True,
    )  # fmt: skip
    assert [first.line_at(place) for place in ("tls", "listing", "log")] == [2, 3, 4]
    assert (second.view.old_tls, second.view.log_off) == ((), False)


def test_part_of_a_server_block():
    (found,) = built(
        nginx.SOURCE, {"nginx.conf.sample": "root /srv/a;\nlocation /x {\n  autoindex on;\n}\n"}
    )
    assert (found.view.complete, found.view.lists_folders, found.line_at("listing")) == (
        False, True, 3,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "tools"),
    [
        ("location /nginx_status { stub_status; }", ("nginx_status",)),
        ("location /x { stub_status; }", ("stub_status",)),
        ("location ^~ /adminer { proxy_pass http://a; }", ("adminer",)),
        ("location /adminer { satisfy any; auth_basic a; proxy_pass http://a; }", ()),
        ("location /adminer { auth_basic off; proxy_pass http://a; }", ("adminer",)),
        ("deny all;\nlocation /adminer { proxy_pass http://a; }", ()),
        ("location /adminerva { return 404; }", ()),
    ],
)
def test_tools_that_nginx_leaves_open(lines, tools):
    assert server(lines).open_tools == tools


@pytest.mark.parametrize(
    ("lines", "leaks"),
    [
        ("location /x { alias /srv/x/; }", ("/x",)),
        ("location ^~ /x { alias /srv/x/; }", ("/x",)),
        ("location /x/ { alias /srv/x/; }", ()),
        ("location /x { alias /srv/x; }", ()),
        ("location = /x { alias /srv/x/; }", ()),
        ("location ~ ^/x { alias /srv/x/; }", ()),
        ("location /a/ { location /a/x { alias /srv/x/; } }", ("/a/x",)),
    ],
)
def test_aliases_that_lead_out(lines, leaks):
    assert server(lines).leaking_aliases == leaks


_ECHO = "add_header Access-Control-Allow-Origin $http_origin;"
_COOKIES = "add_header 'Access-Control-Allow-Credentials' 'true';"


@pytest.mark.parametrize(
    ("lines", "open_for_all"),
    [
        (f"location / {{ {_ECHO} {_COOKIES} }}", True),
        (f"location / {{ {_ECHO} }}", False),
        (f"location / {{ if ($http_origin ~ shop) {{ {_ECHO} {_COOKIES} }} }}", False),
        (f"add_header Access-Control-Allow-Origin https://shop.example.com; {_COOKIES}", False),
    ],
)
def test_cors_of_nginx(lines, open_for_all):
    assert server(lines).cors_for_all is open_for_all


def plain_server(more):
    tls = "server { listen 443 ssl; server_name a.example; }"
    text = f"server {{ {more} }}\n{tls}\n"
    return built(nginx.SOURCE, {"a.conf": text})[0].view.plain_beside_tls


@pytest.mark.parametrize(
    ("more", "plain"),
    [
        ("listen 80; server_name a.example; location / { proxy_pass http://a; }", True),
        ("server_name a.example; location / { try_files $uri =404; }", True),
        ("listen 80; server_name b.example; location / { proxy_pass http://a; }", False),
        ("listen 80; server_name a.example; return 301 https://$host$request_uri;", False),
        ("listen 80; listen 443 ssl; server_name a.example; location / { proxy_pass http://a; }",
         False),
        ("listen [::]:80; server_name a.example; location / { proxy_pass http://a; }", True),
    ],
)  # fmt: skip
def test_pages_over_plain_http(more, plain):
    assert plain_server(more) is plain


@pytest.mark.parametrize(
    ("lines", "old"),
    [
        ("SSLProtocol all -SSLv3", ("TLSv1", "TLSv1.1")),
        ("SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1", ()),
        ("SSLProtocol -all +TLSv1.2", ()),
        ("SSLProtocol TLSv1.1 TLSv1.2", ("TLSv1.1",)),
        ("SSLProtocol +TLSv1", ("TLSv1",)),
        ("SSLEngine on", ()),
    ],
)
def test_old_tls_of_apache(lines, old):
    assert host(lines).old_tls == old


@pytest.mark.parametrize(
    ("lines", "denied"),
    [
        ('<FilesMatch "^\\.">\nRequire all denied\n</FilesMatch>', True),
        ('<Files ".*">\nOrder allow,deny\nDeny from all\n</Files>', True),
        ('<Files ".ht*">\nRequire all denied\n</Files>', False),
        ('<DirectoryMatch "/\\.">\nRequire all denied\n</DirectoryMatch>', True),
        ('<FilesMatch "^\\.">\nRequire all granted\n</FilesMatch>', False),
        ('RedirectMatch 404 "/\\.(?!well-known)"', True),
        ("RedirectMatch 301 /\\. /", False),
        ('RewriteRule "(^|/)\\.(?!well-known)" - [F]', True),
        ("RewriteRule ^(.*)$ /index.php [L]", False),
        ("<IfModule mod_rewrite.c>\nRewriteRule (^|/)\\. - [F,L]\n</IfModule>", True),
    ],
)
def test_what_apache_refuses(lines, denied):
    view = host(f"DocumentRoot /srv/wordpress\n{lines}")
    assert (view.denies_dotfiles, view.gives_dotfiles) == (denied, not denied)


def test_what_the_htaccess_at_the_top_refuses():
    view = host(
        "DocumentRoot /srv/wordpress", {".htaccess": "RewriteRule (^|/)\\.(?!well-known) - [F]\n"}
    )
    assert view.denies_dotfiles


def test_an_htaccess_at_the_top_that_cannot_be_read_is_booked_there():
    files = in_memory({"a.conf": "DocumentRoot /srv/a\n", ".htaccess": "</Files>\n"})
    file = files.find("a.conf")
    (found,) = apache.SOURCE.build(file, files.read(file), files)
    assert isinstance(found.view, Server)
    assert not found.view.denies_dotfiles


@pytest.mark.parametrize(
    ("lines", "tools"),
    [
        ("<Location /server-status>\nSetHandler server-status\n</Location>", ("server-status",)),
        ("<Location /server-status>\nRequire local\n</Location>", ()),
        ("Alias /phpmyadmin /usr/share/phpmyadmin", ("phpmyadmin",)),
        ("Alias /phpmyadmin /usr/share/phpmyadmin\n<Directory /usr/share/phpmyadmin>\n"
         "Require ip 10.0.0.0/8\n</Directory>", ()),
    ],
)  # fmt: skip
def test_tools_that_apache_leaves_open(lines, tools):
    assert host(lines).open_tools == tools


@pytest.mark.parametrize(
    ("options", "listed"),
    [("Indexes FollowSymLinks", True), ("+Indexes", True), ("All -Indexes", False), ("None", False)],
)  # fmt: skip
def test_lists_of_apache(options, listed):
    assert host(f"<Directory /srv>\nOptions {options}\n</Directory>").lists_folders is listed


def test_cors_of_apache():
    cookies = 'Header always set Access-Control-Allow-Credentials "true"'
    assert host(f'Header set Access-Control-Allow-Origin "*"\n{cookies}').cors_for_all
    assert host(f'Header set Access-Control-Allow-Origin "%{{ORIGIN}}e"\n{cookies}').cors_for_all
    assert not host('Header set Access-Control-Allow-Origin "*"').cors_for_all


def test_php_switches_of_apache():
    found = built(
        apache.SOURCE, {"pub/.htaccess": "Options -Indexes\nphp_flag display_errors on\n"}
    )
    (setting,) = [each for each in found if each.kind == "setting"]
    assert (setting.view.name, setting.view.on, setting.line) == ("display_errors", True, 2)


@pytest.mark.parametrize("source", [nginx.SOURCE, apache.SOURCE])
def test_templates_are_left_out_by_name(source):
    text = "server {\n{% if tls %}\n}\n<VirtualHost *:80>\n</VirtualHost>\n"
    with pytest.raises(NotRendered) as caught:
        built(source, {"shop.conf.j2": text})
    assert caught.value.kind == "templates of a web server's configuration, not rendered"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("supervisord.conf", "[program:nginx]\ncommand=nginx\n"),
        ("redis.conf", "bind 127.0.0.1\n"),
        ("nginx/README", "Put a server here.\n"),
    ],
)
def test_other_configuration_is_none_of_ours(name, text):
    assert built(nginx.SOURCE, {name: text}) == []
    assert built(apache.SOURCE, {name: text}) == []


@pytest.mark.parametrize("name", ["nginx.md", "docker/nginx.yaml", "nginx/Dockerfile.svg"])
def test_names_that_are_no_configuration(name):
    assert not nginx.SOURCE.matches(SourceFile(uri_of(name), 1, Role.PRODUCTION, True))
