import time

import pytest

from shopsec.scan.access.documents import DocumentError
from shopsec.scan.access.resources import terraform
from tests.access.in_memory import built


def block(text, name="infra/main.tf"):
    return built(terraform.SOURCE, {name: text})[0]


def resource(kind, body):
    return block(f'resource "{kind}" "x" {{\n{body}\n}}\n')


def test_a_block_and_its_values():
    found = block(
        'resource "aws_db_instance" "orders" {\n engine = "mysql"\n multi_az = true\n'
        " tags = { a = 1 }\n ids = [1, var.b]\n network { mode = var.mode }\n"
        ' policy = jsonencode({ Version = "1" })\n}\n'
    )
    assert (found.view.type, found.view.kind, found.view.name) == (
        "resource",
        "aws_db_instance",
        "orders",
    )
    assert found.name == "aws_db_instance.orders"
    assert found.view.values == {
        "engine": "mysql", "multi_az": "true", "tags.a": "1", "ids": "1", "network.mode": "var.mode",
        "policy": "jsonencode(...)", "policy.Version": "1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "kinds"),
    [
        ("a.tf", "", []),
        ("a.tofu", "locals {}\n", ["locals"]),
        ("live.tfvars", 'region = "eu"\n', ["tfvars"]),
        ("a.tf.json", "{}", []),
    ],
)
def test_files(name, text, kinds):
    assert [each.view.type for each in built(terraform.SOURCE, {name: text})] == kinds


def test_a_file_that_is_no_hcl_is_named():
    with pytest.raises(DocumentError, match=r"line 1: not valid HCL"):
        block("resource {{ name }} {}\n")


AWS = "from_port = {}\nto_port = {}\nprotocol = {}\ncidr_blocks = [{}]"
WORLD = '"0.0.0.0/0"'


@pytest.mark.parametrize(
    ("kind", "body", "open_ports", "line"),
    [
        ("aws_security_group", "ingress {\n" + AWS.format(22, 22, '"tcp"', WORLD) + "\n}", ("port 22 (SSH)",), 3),
        ("aws_security_group", "ingress {\n" + AWS.format(443, 443, '"tcp"', WORLD) + "\n}", (), 0),
        ("aws_security_group", "ingress {\n" + AWS.format(22, 22, '"tcp"', "var.a") + "\n}", (), 0),
        ("aws_security_group", "egress {\n" + AWS.format(0, 0, '"-1"', WORLD) + "\n}", (), 0),
        ("aws_security_group", "ingress {\n" + AWS.format(0, 0, '"-1"', WORLD) + "\n}", ("every port",), 3),
        ("aws_security_group", "ingress = [{\n" + AWS.format('"3306"', 3306, '"tcp"', WORLD) + "\n}]",
         ("port 3306 (MySQL)",), 3),
        ("aws_security_group", 'dynamic "ingress" {\ncontent {\n' + AWS.format(22, 22, '"tcp"', WORLD) + "\n}\n}",
         ("port 22 (SSH)",), 4),
        ("aws_security_group", "ingress {\n" + AWS.format(0, 65535, '"tcp"', WORLD) + "\n}", ("every port",), 3),
        ("aws_security_group", "ingress {\n" + AWS.format(3000, 6000, '"tcp"', WORLD) + "\n}",
         ("ports 3000 to 6000",), 3),
        ("aws_security_group", "ingress {\n" + AWS.format(8, 0, '"icmp"', WORLD) + "\n}", (), 0),
        ("aws_security_group_rule", 'type = "ingress"\n' + AWS.format(6379, 6379, '"tcp"', WORLD),
         ("port 6379 (Redis)",), 3),
        ("aws_security_group_rule", 'type = "egress"\n' + AWS.format(6379, 6379, '"tcp"', WORLD), (), 0),
        ("aws_vpc_security_group_ingress_rule", 'ip_protocol = "-1"\ncidr_ipv6 = "::/0"', ("every port",), 1),
        ("google_compute_firewall", 'source_ranges = ["0.0.0.0/0"]\nallow {\nprotocol = "tcp"\nports = ["80", "22"]\n}',
         ("port 22 (SSH)",), 5),
        ("google_compute_firewall", 'source_ranges = ["0.0.0.0/0"]\nallow {\nprotocol = "all"\n}', ("every port",), 4),
        ("google_compute_firewall", 'source_ranges = ["0.0.0.0/0"]\nallow { protocol = "icmp" }', (), 0),
        ("google_compute_firewall", 'direction = "EGRESS"\nsource_ranges = ["0.0.0.0/0"]\nallow { protocol = "all" }',
         (), 0),
        ("azurerm_network_security_rule", 'access = "Allow"\ndirection = "Inbound"\nsource_address_prefix = "*"\n'
         'destination_port_range = "3389-3389"', ("port 3389 (RDP)",), 5),
        ("azurerm_network_security_rule", 'access = "Deny"\ndirection = "Inbound"\nsource_address_prefix = "*"\n'
         'destination_port_range = "*"', (), 0),
        ("azurerm_mssql_firewall_rule", 'start_ip_address = "0.0.0.0"\nend_ip_address = "255.255.255.255"',
         ("the database",), 2),
        ("azurerm_mssql_firewall_rule", 'start_ip_address = "0.0.0.0"\nend_ip_address = "0.0.0.0"', (), 0),
        ("hcloud_firewall", 'rule {\ndirection = "in"\nprotocol = "tcp"\nport = "22"\n'
         'source_ips = ["0.0.0.0/0", "::/0"]\n}', ("port 22 (SSH)",), 5),
        ("hcloud_firewall", 'rule {\ndirection = "in"\nprotocol = "icmp"\nsource_ips = ["0.0.0.0/0"]\n}', (), 0),
        ("digitalocean_firewall", 'inbound_rule {\nprotocol = "tcp"\nport_range = "all"\n'
         'source_addresses = ["0.0.0.0/0"]\n}', ("every port",), 4),
        ("alicloud_security_group_rule", 'type = "ingress"\nport_range = "9200/9200"\ncidr_ip = "0.0.0.0/0"',
         ("port 9200 (Elasticsearch)",), 3),
        ("other_firewall", AWS.format(22, 22, '"tcp"', WORLD), (), 0),
    ],
)  # fmt: skip
def test_open_ports(kind, body, open_ports, line):
    found = resource(kind, body)
    assert found.view.open_ports == open_ports
    assert found.places.get("open_ports", 0) == line


@pytest.mark.parametrize(
    ("fact", "kind", "body", "said"),
    [
        ("public_data", "aws_db_instance", "publicly_accessible = true", ("publicly_accessible = true",)),
        ("public_data", "aws_db_instance", "publicly_accessible = var.p", ()),
        ("public_data", "aws_s3_bucket_acl", 'acl = "public-read"', ("acl = public-read",)),
        ("public_data", "aws_s3_bucket", 'acl = "private"', ()),
        ("public_data", "aws_s3_bucket_public_access_block", "block_public_acls = false\nrestrict_public_buckets = true",
         ("block_public_acls = false",)),
        ("public_data", "google_storage_bucket_iam_member", 'member = "allUsers"\nrole = "roles/storage.objectViewer"',
         ("allUsers may use it",)),
        ("public_data", "google_cloud_run_service_iam_member", 'member = "allUsers"\nrole = "roles/run.invoker"', ()),
        ("public_data", "google_storage_bucket_access_control", 'entity = "allUsers"', ("allUsers may read it",)),
        ("public_data", "azurerm_storage_account", 'allow_nested_items_to_be_public = true\nnetwork_rules '
         '{ default_action = "Allow" }', ("allow_nested_items_to_be_public = true", "default_action = Allow")),
        ("public_data", "azurerm_storage_container", 'container_access_type = "blob"', ("container_access_type = blob",)),
        ("open_control", "aws_eks_cluster", "vpc_config { endpoint_public_access = false }", ()),
        ("open_control", "aws_eks_cluster", 'vpc_config { public_access_cidrs = ["0.0.0.0/0"] }',
         ("its API answers every address",)),
        ("open_control", "google_container_cluster", "private_cluster_config { enable_private_endpoint = true }", ()),
        ("open_control", "azurerm_kubernetes_cluster", "private_cluster_enabled = var.x", ()),
        ("open_control", "azurerm_key_vault", 'network_acls { default_action = "Deny" }', ()),
        ("open_control", "google_compute_instance", "metadata = { serial-port-enable = true }",
         ("its serial console is open",)),
        ("machine_credentials", "aws_instance", "metadata_options { http_tokens = var.t }", ()),
        ("machine_credentials", "aws_instance", 'metadata_options { http_tokens = "optional" }',
         ('http_tokens is not "required"',)),
        ("machine_credentials", "aws_launch_template", 'metadata_options { http_endpoint = "disabled" }', ()),
        ("overwritable_tags", "aws_ecr_repository", "", ("image_tag_mutability is MUTABLE",)),
        ("overwritable_tags", "aws_ecr_repository", 'image_tag_mutability = "IMMUTABLE_WITH_EXCLUSION"', ()),
        ("admin_rights", "aws_iam_user_policy_attachment", 'policy_arn = "arn:aws:iam::aws:policy/IAMFullAccess"',
         ("IAMFullAccess",)),
        ("admin_rights", "aws_iam_role", 'managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]', ()),
        ("admin_rights", "google_project_iam_member", 'role = "roles/editor"', ("roles/editor",)),
        ("admin_rights", "azurerm_role_assignment", 'role_definition_name = "Owner"', ("Owner",)),
        ("admin_rights", "azurerm_role_definition", 'permissions { actions = ["*"] }', ("actions = *",)),
        ("unencrypted", "aws_db_instance", "storage_encrypted = var.x", ()),
        ("unencrypted", "aws_rds_cluster", 'engine_mode = "serverless"', ()),
        ("unencrypted", "aws_opensearch_domain", "encrypt_at_rest { enabled = false }", ("enabled is not true",)),
        ("unencrypted", "aws_instance", "root_block_device { encrypted = false }", ("encrypted = false",)),
        ("unencrypted", "aws_redshift_cluster", "", ()),
        ("plain_transport", "aws_elb", 'listener { lb_protocol = "http" }\nlistener { lb_protocol = "https" }', ()),
        ("plain_transport", "aws_cloudfront_distribution", 'default_cache_behavior { viewer_protocol_policy = "allow-all" }\n'
         'viewer_certificate { minimum_protocol_version = "TLSv1" }',
         ("minimum_protocol_version = TLSv1", "viewer_protocol_policy = allow-all")),
        ("plain_transport", "google_sql_database_instance", 'settings {\nip_configuration { ssl_mode = "ENCRYPTED_ONLY" }\n}', ()),
        ("plain_transport", "google_sql_database_instance", "settings {\nip_configuration { ipv4_enabled = false }\n}", ()),
        ("plain_transport", "azurerm_redis_cache", "non_ssl_port_enabled = true\nminimum_tls_version = \"1.2\"",
         ("non_ssl_port_enabled = true",)),
        ("audit_off", "aws_eks_cluster", 'enabled_cluster_log_types = ["api"]', ("enabled_cluster_log_types lacks audit",)),
        ("audit_off", "aws_eks_cluster", "enabled_cluster_log_types = var.types", ()),
        ("audit_off", "google_container_cluster", 'logging_service = "none"', ("logging_service = none",)),
        ("review_gaps", "github_branch_protection", "", ("no required_pull_request_reviews",)),
        ("review_gaps", "github_branch_protection", "required_pull_request_reviews {\n"
         "required_approving_review_count = 0 }\nallows_force_pushes = true",
         ("required_approving_review_count = 0", "allows_force_pushes = true")),
        ("review_gaps", "github_repository_ruleset", "rules {\npull_request { required_approving_review_count = 0 }\n}",
         ("required_approving_review_count = 0",)),
        ("review_gaps", "gitlab_project", "approvals_before_merge = 0", ("approvals_before_merge = 0",)),
        ("review_gaps", "gitlab_branch_protection", 'push_access_level = "developer"', ("push_access_level = developer",)),
        ("review_gaps", "gitlab_project_level_mr_approvals", "merge_requests_author_approval = true",
         ("authors approve their own changes",)),
    ],
)  # fmt: skip
def test_facts(fact, kind, body, said):
    assert getattr(resource(kind, body).view, fact) == said


@pytest.mark.parametrize(
    ("text", "own", "default"),
    [
        ('resource "a" "b" {\n password = "blue-lantern-44"\n}', ("password",), ()),
        ('resource "a" "b" {\n username = "shop"\n password = "shop"\n}', (), ("password",)),
        ('resource "a" "b" {\n api_key = "changeme"\n}', (), ()),
        ('resource "a" "b" {\n password = var.p\n db_password = "${var.p}"\n}', (), ()),
        ('resource "a" "b" {\n manage_master_user_password = "x"\n password_length = "32"\n secret_arn = "x"\n}', (), ()),
        ('resource "a" "b" {\n env { variables = { SECRET_KEY = "a1-b2-c3" } }\n}', ("SECRET_KEY",), ()),
        ('resource "a" "b" {\n c = jsonencode({ password = "a1-b2-c3" })\n}', ("password",), ()),
        ('resource "aws_ssm_parameter" "b" {\n type = "SecureString"\n value = "a1-b2-c3"\n}', ("value",), ()),
        ('resource "aws_ssm_parameter" "b" {\n type = "String"\n value = "a1-b2-c3"\n}', (), ()),
        ('resource "a" "b" {\n user_data = "export API_TOKEN=a1-b2-c3"\n}', ("API_TOKEN",), ()),
        ('resource "a" "b" {\n user_data = <<E\nexport A=b\nDB_PASSWORD=\'a1-b2\'\nE\n}', ("DB_PASSWORD",), ()),
        ('variable "password" {\n default = "a1-b2"\n}', (), ()),
        ('provider "a" {\n token = "a1-b2-c3"\n}', ("token",), ()),
    ],
)  # fmt: skip
def test_secrets(text, own, default):
    view = block(text + "\n").view
    assert (view.secret_names, view.default_secrets) == (own, default)


def test_a_secret_in_a_script_has_its_line():
    found = block('resource "a" "b" {\n user_data = <<E\nexport A=b\nDB_PASSWORD=\'a1-b2\'\nE\n}\n')
    assert found.line_at("secret_names") == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('variable "db_password" {\n default = "x-y"\n}', ("variable db_password has a default",)),
        ('variable "db_password" {\n default = ""\n}', ()),
        ('variable "db_password_length" {\n default = 3\n}', ()),
        ('output "a" {\n value = aws_db_instance.x.password\n}', ("output a is not sensitive",)),
        ('output "a" {\n value = "${random_password.x.result}"\n}', ("output a is not sensitive",)),
        ('output "a" {\n value = aws_db_instance.x.password\n sensitive = true\n}', ()),
        ('output "a" {\n value = aws_db_instance.x.endpoint\n}', ()),
        ('output "secret" {\n value = aws_secretsmanager_secret.x.arn\n}', ()),
        ('terraform {\n backend "s3" { encrypt = false }\n}', ("the state is not encrypted",)),
        ('terraform {\n backend "s3" {}\n}', ()),
        (
            'terraform {\n backend "http" { address = "http://a" }\n}',
            ("the state travels over plain http",),
        ),
    ],
)
def test_what_terraform_shows(text, said):
    assert block(text + "\n").view.exposed_secret == said


RULE = """\
resource "aws_security_group" "x" {
  ingress {
    from_port = 22
    to_port = 22
    protocol = "tcp"
    cidr_blocks = CIDR
  }
}
"""


@pytest.mark.parametrize(
    ("cidr", "values", "found"),
    [
        ("var.a", 'variable "a" { default = ["0.0.0.0/0"] }', True),
        ("[var.a]", 'variable "a" { default = "0.0.0.0/0" }', True),
        ('["${var.a}"]', 'variable "a" { default = "0.0.0.0/0" }', True),
        ("local.a", 'locals { a = concat(["10.0.0.0/8"], local.b)\n b = ["::/0"] }', True),
        (
            "local.a",
            'locals { a = [local.b]\n b = var.c }\nvariable "c" { default = "::/0" }',
            True,
        ),
        ("var.a", 'variable "a" {}', False),
        ("var.a", 'variable "b" { default = "0.0.0.0/0" }', False),
        ("local.a", "locals { a = local.b\n b = local.a }", False),
    ],
)
def test_values_of_the_same_folder_are_put_in(cidr, values, found):
    texts = {"infra/main.tf": RULE.replace("CIDR", cidr), "infra/variables.tf": values}
    assert bool(built(terraform.SOURCE, texts)[0].view.open_ports) is found
    texts = {"infra/main.tf": RULE.replace("CIDR", cidr), "other/variables.tf": values}
    assert not built(terraform.SOURCE, texts)[0].view.open_ports


def test_what_a_tfvars_file_sets_comes_before_the_default():
    texts = {
        "main.tf": RULE.replace("CIDR", "[var.a]") + 'variable "a" { default = "0.0.0.0/0" }\n',
        "live.tfvars": 'a = "198.51.100.7/32"\n',
        "broken.tf": "{",
    }
    assert not built(terraform.SOURCE, {**texts, "broken.tf": ""})[1].view.open_ports


@pytest.mark.parametrize(
    ("over", "port", "found"),
    [
        ("[80, 5432]", "ingress.value", ("port 5432 (PostgreSQL)",)),
        ("{ a = { port = 6379 } }", "ingress.value.port", ("port 6379 (Redis)",)),
        ("var.unknown", "ingress.value", ()),
    ],
)
def test_dynamic_blocks(over, port, found):
    text = (
        f'  dynamic "ingress" {{\n    for_each = {over}\n    content {{\n      from_port = {port}\n'
        f'      to_port = {port}\n      protocol = "tcp"\n      cidr_blocks = ["0.0.0.0/0"]\n'
        "    }\n  }"
    )
    assert resource("aws_security_group", text).view.open_ports == found


def test_hostile_references_take_no_time():
    started = time.process_time()
    nested = 'dynamic "ingress" { for_each = [1, 2, 3]\n content {\n' * 25 + "}\n}\n" * 25
    resource("aws_security_group", nested)
    lists = "".join(f"a{n} = [local.a{n + 1}, local.a{n + 1}]\n" for n in range(200))
    block(f'locals {{\n{lists}}}\nresource "aws_security_group" "x" {{ ids = local.a0 }}\n')
    assert time.process_time() - started < 2
