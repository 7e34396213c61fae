"""Terraform: data that anybody may read, and steering wheels that anybody may reach.

Resources as the providers document them: https://registry.terraform.io/
"""

import re
from collections.abc import Iterator, Mapping

from shopsec.scan.access.documents.hcl import Block
from shopsec.scan.access.resources.terraform_reading import (
    ANYWHERE,
    Reader,
    Spot,
    inner,
    is_off,
    is_on,
    is_unset,
    line_of,
    read_by_type,
    text_of,
    texts_of,
)

_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
_PUBLIC_ACL = frozenset(
    {"public-read", "public-read-write", "authenticated-read", "publicRead", "publicReadWrite"}
)
# A page that visitors call is public by design.
_FOR_VISITORS = re.compile(r"roles/(?:run|cloudfunctions)\.invoker")


def public_data(block: Block) -> tuple[Spot, ...]:
    """Why anybody on the internet may reach the data of a database or bucket."""
    kind = block.first_label
    if re.fullmatch(r"google_\w+_iam_(?:member|binding)", kind):
        return tuple(_google_iam(block))
    return read_by_type(block, _PUBLIC)


def open_control(block: Block) -> tuple[Spot, ...]:
    """Why what steers a cluster, a machine or a vault of secrets is too open."""
    return read_by_type(block, _CONTROL)


def machine_credentials(block: Block) -> tuple[Spot, ...]:
    """Why a web page that is fooled into a request gets the machine's cloud credentials."""
    kind = block.first_label
    if kind not in {"aws_instance", "aws_launch_template", "aws_launch_configuration"}:
        return ()
    options = list(inner(block, "metadata_options"))
    if any(text_of(each, "http_endpoint") == "disabled" for each in options):
        return ()
    tokens = [each.plain("http_tokens") for each in options]
    if any(each is not None and each != "optional" for each in tokens):
        return ()
    line = line_of(options[0], "http_tokens") if options else block.line
    return (Spot('http_tokens is not "required"', line),)


def overwritable_tags(block: Block) -> tuple[Spot, ...]:
    """Why the image behind a tag may become another one."""
    kind = block.first_label
    if kind != "aws_ecr_repository":
        return ()
    value = block.plain("image_tag_mutability")
    if value is not None and value != "MUTABLE":
        return ()
    return (Spot("image_tag_mutability is MUTABLE", line_of(block, "image_tag_mutability")),)


def _switch(name: str) -> Reader:
    def read(block: Block) -> Iterator[Spot]:
        if is_on(block, name):
            yield Spot(f"{name} = true", line_of(block, name))

    return read


def _acl(name: str) -> Reader:
    def read(block: Block) -> Iterator[Spot]:
        value = text_of(block, name)
        if value in _PUBLIC_ACL or value.startswith("ObjectRead") or value in {"blob", "container"}:
            yield Spot(f"{name} = {value}", line_of(block, name))

    return read


def _public_access_block(block: Block) -> Iterator[Spot]:
    for name in (
        "block_public_acls", "block_public_policy", "ignore_public_acls",
        "restrict_public_buckets",
    ):  # fmt: skip
        if is_off(block, name):
            yield Spot(f"{name} = false", line_of(block, name))


def _google_sql(block: Block) -> Iterator[Spot]:
    for settings in inner(block, "settings"):
        for configuration in inner(settings, "ip_configuration"):
            for network in inner(configuration, "authorized_networks"):
                if text_of(network, "value") in ANYWHERE:
                    yield Spot("authorized network 0.0.0.0/0", line_of(network, "value"))


def _google_iam(block: Block) -> Iterator[Spot]:
    members = set(texts_of(block, "member", "members")) & _EVERYBODY
    if members and not _FOR_VISITORS.match(text_of(block, "role")):
        name = "member" if "member" in block.attributes else "members"
        yield Spot(f"{', '.join(sorted(members))} may use it", line_of(block, name))


def _google_entity(block: Block) -> Iterator[Spot]:
    if text_of(block, "entity") in _EVERYBODY:
        yield Spot(f"{text_of(block, 'entity')} may read it", line_of(block, "entity"))


def _google_dataset(block: Block) -> Iterator[Spot]:
    for access in inner(block, "access"):
        for name in ("special_group", "iam_member"):
            if text_of(access, name) in _EVERYBODY:
                yield Spot(f"{text_of(access, name)} may read it", line_of(access, name))


def _azure_storage(block: Block) -> Iterator[Spot]:
    for name in ("allow_blob_public_access", "allow_nested_items_to_be_public"):
        yield from _switch(name)(block)
    for rules in (block, *inner(block, "network_rules")):
        if text_of(rules, "default_action") == "Allow":
            yield Spot("default_action = Allow", line_of(rules, "default_action"))


def _alibaba_database(block: Block) -> Iterator[Spot]:
    if ANYWHERE & set(texts_of(block, "security_ips")):
        yield Spot("security_ips is every address", line_of(block, "security_ips"))


_PUBLIC: Mapping[str, Reader] = {
    "aws_db_instance": _switch("publicly_accessible"),
    "aws_rds_cluster_instance": _switch("publicly_accessible"),
    "aws_docdb_cluster_instance": _switch("publicly_accessible"),
    "aws_neptune_cluster_instance": _switch("publicly_accessible"),
    "aws_redshift_cluster": _switch("publicly_accessible"),
    "aws_dms_replication_instance": _switch("publicly_accessible"),
    "aws_mq_broker": _switch("publicly_accessible"),
    "aws_s3_bucket": _acl("acl"),
    "aws_s3_bucket_acl": _acl("acl"),
    "aws_s3_object": _acl("acl"),
    "aws_s3_bucket_public_access_block": _public_access_block,
    "google_sql_database_instance": _google_sql,
    "google_storage_bucket_acl": _acl("predefined_acl"),
    "google_storage_bucket_access_control": _google_entity,
    "google_storage_default_object_access_control": _google_entity,
    "google_bigquery_dataset": _google_dataset,
    "azurerm_storage_account": _azure_storage,
    "azurerm_storage_account_network_rules": _azure_storage,
    "azurerm_storage_container": _acl("container_access_type"),
    "azurerm_mysql_server": _switch("public_network_access_enabled"),
    "azurerm_postgresql_server": _switch("public_network_access_enabled"),
    "azurerm_mariadb_server": _switch("public_network_access_enabled"),
    "azurerm_mssql_server": _switch("public_network_access_enabled"),
    "azurerm_redis_cache": _switch("public_network_access_enabled"),
    "alicloud_oss_bucket": _acl("acl"),
    "alicloud_db_instance": _alibaba_database,
    "oci_objectstorage_bucket": _acl("access_type"),
    "digitalocean_spaces_bucket": _acl("acl"),
    "scaleway_object_bucket_acl": _acl("acl"),
}


def _eks(block: Block) -> Iterator[Spot]:
    for network in inner(block, "vpc_config"):
        if is_off(network, "endpoint_public_access"):
            continue
        sources = network.plain("public_access_cidrs")
        if sources is None or ANYWHERE & set(texts_of(network, "public_access_cidrs")):
            yield Spot("its API answers every address", line_of(network, "public_access_cidrs"))


def _gke(block: Block) -> Iterator[Spot]:
    if is_on(block, "enable_legacy_abac"):
        yield Spot("enable_legacy_abac = true", line_of(block, "enable_legacy_abac"))
    networks = list(inner(block, "master_authorized_networks_config"))
    for network in networks:
        for each in inner(network, "cidr_blocks"):
            if text_of(each, "cidr_block") in ANYWHERE:
                yield Spot("its API answers every address", line_of(each, "cidr_block"))
    private = any(
        is_on(each, "enable_private_endpoint") for each in inner(block, "private_cluster_config")
    )
    if not networks and not private:
        yield Spot("its API answers every address", block.line)


def _aks(block: Block) -> Iterator[Spot]:
    for each in inner(block, "role_based_access_control"):
        if is_off(each, "enabled"):
            yield Spot("role-based access control is off", line_of(each, "enabled"))
    if is_off(block, "role_based_access_control_enabled"):
        line = line_of(block, "role_based_access_control_enabled")
        yield Spot("role-based access control is off", line)
    for profile in inner(block, "addon_profile"):
        for each in inner(profile, "kube_dashboard"):
            if is_on(each, "enabled"):
                yield Spot("the dashboard is installed", line_of(each, "enabled"))
    ranges = [block.plain("api_server_authorized_ip_ranges")]
    ranges += [
        each.plain("authorized_ip_ranges") for each in inner(block, "api_server_access_profile")
    ]
    if not any(ranges) and is_unset(block, "private_cluster_enabled"):
        yield Spot("its API answers every address", block.line)


def _azure_machine(block: Block) -> Iterator[Spot]:
    if is_off(block, "disable_password_authentication"):
        line = line_of(block, "disable_password_authentication")
        yield Spot("it takes passwords for SSH", line)


def _google_machine(block: Block) -> Iterator[Spot]:
    for each in inner(block, "metadata"):
        if is_on(each, "serial-port-enable"):
            yield Spot("its serial console is open", line_of(each, "serial-port-enable"))


def _azure_vault(block: Block) -> Iterator[Spot]:
    rules = list(inner(block, "network_acls"))
    if not rules and text_of(block, "public_network_access_enabled") != "false":
        yield Spot("no network_acls", block.line)
    for each in rules:
        if text_of(each, "default_action") == "Allow":
            yield Spot("default_action = Allow", line_of(each, "default_action"))


_CONTROL: Mapping[str, Reader] = {
    "azurerm_key_vault": _azure_vault,
    "azurerm_linux_virtual_machine": _azure_machine,
    "google_compute_instance": _google_machine,
    "aws_eks_cluster": _eks,
    "google_container_cluster": _gke,
    "azurerm_kubernetes_cluster": _aks,
}
