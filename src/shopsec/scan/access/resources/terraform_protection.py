"""Terraform: data without encryption, at rest and on the way, and audit logs that are off.

Resources as the providers document them: https://registry.terraform.io/
"""

import re
from collections.abc import Iterator, Mapping

from shopsec.scan.access.documents.hcl import Block
from shopsec.scan.access.resources.terraform_reading import (
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

# Names of policies and versions that still allow TLS 1.0 or 1.1.
_OLD_TLS = re.compile(
    r"(?:Policy-Min-TLS-1-0|Policy-Min-TLS-1-1).*|(?:SSLv3|TLSv1(?:_2016|\.1_2016)?)"
    r"|ELBSecurityPolicy-(?:2015-05|2016-08|TLS-1-0-2015-04|TLS-1-1-2017-01|FS-2018-06)"
    r"|TLS1_0|TLS1_1|TLS_1_0|TLS_1_1|1\.0|1\.1"
)
_TLS_NAMES = (
    "ssl_policy", "tls_security_policy", "minimum_protocol_version", "min_tls_version",
    "minimum_tls_version", "ssl_minimal_tls_version_enforced",
)  # fmt: skip


def unencrypted(block: Block) -> tuple[Spot, ...]:
    """Why data lies readable on a disk."""
    return read_by_type(block, _AT_REST)


def plain_transport(block: Block) -> tuple[Spot, ...]:
    """Why data travels readable, or with an encryption that is broken."""
    if block.type != "resource":
        return ()
    return (*_old_tls(block), *read_by_type(block, _ON_THE_WAY))


def audit_off(block: Block) -> tuple[Spot, ...]:
    """Why nobody can tell later who did what."""
    return read_by_type(block, _AUDIT)


def _needs(name: str) -> Reader:
    """A switch that is off unless it is set."""

    def read(block: Block) -> Iterator[Spot]:
        if is_unset(block, name):
            yield Spot(f"{name} is not true", line_of(block, name))

    return read


def _forbids(name: str, *, wanted: bool = True) -> Reader:
    """A switch that is right unless it is set to the other value."""

    def read(block: Block) -> Iterator[Spot]:
        if (is_off if wanted else is_on)(block, name):
            yield Spot(f"{name} = {str(not wanted).lower()}", line_of(block, name))

    return read


def _needs_inside(outer: str, name: str) -> Reader:
    """A switch in a nested block; without the block it is off."""

    def read(block: Block) -> Iterator[Spot]:
        blocks = list(inner(block, outer))
        if not blocks:
            yield Spot(f"no {outer}", block.line)
        for each in blocks:
            yield from _needs(name)(each)

    return read


def _forbids_inside(outer: str, name: str) -> Reader:
    def read(block: Block) -> Iterator[Spot]:
        for each in inner(block, outer):
            yield from _forbids(name)(each)

    return read


def _together(*readers: Reader) -> Reader:
    def read(block: Block) -> Iterator[Spot]:
        for reader in readers:
            yield from reader(block)

    return read


def _disks(block: Block) -> Iterator[Spot]:
    for name in ("root_block_device", "ebs_block_device"):
        for each in inner(block, name):
            yield from _forbids("encrypted")(each)


def _rds_cluster(block: Block) -> Iterator[Spot]:
    if text_of(block, "engine_mode") != "serverless":
        yield from _needs("storage_encrypted")(block)


def _search_at_rest(block: Block) -> Iterator[Spot]:
    yield from _needs_inside("encrypt_at_rest", "enabled")(block)


def _eks_secrets(block: Block) -> Iterator[Spot]:
    if not any(inner(block, "encryption_config")):
        yield Spot("no encryption_config for secrets", block.line)


_AT_REST: Mapping[str, Reader] = {
    "aws_db_instance": _needs("storage_encrypted"),
    "aws_rds_cluster": _rds_cluster,
    "aws_docdb_cluster": _needs("storage_encrypted"),
    "aws_neptune_cluster": _needs("storage_encrypted"),
    "aws_redshift_cluster": _forbids("encrypted"),
    "aws_elasticache_replication_group": _needs("at_rest_encryption_enabled"),
    "aws_elasticsearch_domain": _search_at_rest,
    "aws_opensearch_domain": _search_at_rest,
    "aws_ebs_volume": _needs("encrypted"),
    "aws_efs_file_system": _needs("encrypted"),
    "aws_instance": _disks,
    "aws_eks_cluster": _eks_secrets,
    "azurerm_managed_disk": _forbids_inside("encryption_settings", "enabled"),
    "alicloud_db_instance": _forbids("encryption"),
    "alicloud_disk": _forbids("encrypted"),
}


def _old_tls(block: Block) -> Iterator[Spot]:
    inside = ("domain_endpoint_options", "viewer_certificate", "site_config")
    for each in (block, *(found for name in inside for found in inner(block, name))):
        for name in _TLS_NAMES:
            value = text_of(each, name)
            if _OLD_TLS.fullmatch(value):
                yield Spot(f"{name} = {value}", line_of(each, name))


def _search_on_the_way(block: Block) -> Iterator[Spot]:
    yield from _needs_inside("domain_endpoint_options", "enforce_https")(block)
    yield from _needs_inside("node_to_node_encryption", "enabled")(block)


def _listener(block: Block) -> Iterator[Spot]:
    """A listener for plain http that does more than send visitors to https."""
    if text_of(block, "protocol") != "HTTP":
        return
    actions = [text_of(each, "type") for each in inner(block, "default_action")]
    if "redirect" not in actions:
        yield Spot("plain HTTP without a redirect", line_of(block, "protocol"))


def _classic_balancer(block: Block) -> Iterator[Spot]:
    listeners = list(inner(block, "listener"))
    protocols = {text_of(each, "lb_protocol").lower() for each in listeners}
    if listeners and protocols <= {"http", "tcp"} and "http" in protocols:
        yield Spot("plain HTTP only", line_of(listeners[0], "lb_protocol"))


def _cloudfront(block: Block) -> Iterator[Spot]:
    for name in ("default_cache_behavior", "ordered_cache_behavior"):
        for each in inner(block, name):
            if text_of(each, "viewer_protocol_policy") == "allow-all":
                line = line_of(each, "viewer_protocol_policy")
                yield Spot("viewer_protocol_policy = allow-all", line)


def _google_sql(block: Block) -> Iterator[Spot]:
    if block.plain("instance_type") == "READ_REPLICA_INSTANCE":
        return
    for settings in inner(block, "settings"):
        for each in inner(settings, "ip_configuration"):
            encrypted = text_of(each, "ssl_mode") not in {"", "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}
            public = not is_off(each, "ipv4_enabled")
            if public and not encrypted and is_unset(each, "require_ssl"):
                yield Spot("ssl_mode is not ENCRYPTED_ONLY", each.line)


_ON_THE_WAY: Mapping[str, Reader] = {
    "aws_elasticsearch_domain": _search_on_the_way,
    "aws_opensearch_domain": _search_on_the_way,
    "aws_elasticache_replication_group": _needs("transit_encryption_enabled"),
    "aws_lb_listener": _listener,
    "aws_alb_listener": _listener,
    "aws_elb": _classic_balancer,
    "aws_cloudfront_distribution": _cloudfront,
    "google_sql_database_instance": _google_sql,
    "azurerm_mysql_server": _forbids("ssl_enforcement_enabled"),
    "azurerm_postgresql_server": _forbids("ssl_enforcement_enabled"),
    "azurerm_mariadb_server": _forbids("ssl_enforcement_enabled"),
    "azurerm_redis_cache": _together(
        _forbids("enable_non_ssl_port", wanted=False),
        _forbids("non_ssl_port_enabled", wanted=False),
    ),
    "azurerm_storage_account": _together(
        _forbids("enable_https_traffic_only"), _forbids("https_traffic_only_enabled")
    ),
    "azurerm_app_service": _forbids("https_only"),
    "azurerm_linux_web_app": _forbids("https_only"),
    "alicloud_db_instance": _forbids("ssl_action"),
}


def _trail(block: Block) -> Iterator[Spot]:
    yield from _forbids("enable_logging")(block)
    yield from _forbids("include_global_service_events")(block)


def _eks_log(block: Block) -> Iterator[Spot]:
    value = block.plain("enabled_cluster_log_types")
    if value is None or (isinstance(value, list) and "audit" not in value):
        line = line_of(block, "enabled_cluster_log_types")
        yield Spot("enabled_cluster_log_types lacks audit", line)


def _gke_log(block: Block) -> Iterator[Spot]:
    if text_of(block, "logging_service") == "none":
        yield Spot("logging_service = none", line_of(block, "logging_service"))


def _postgres_log(block: Block) -> Iterator[Spot]:
    if text_of(block, "name").startswith("log_") and text_of(block, "value").lower() == "off":
        yield Spot(f"{text_of(block, 'name')} = off", line_of(block, "value"))


def _security_alerts(block: Block) -> Iterator[Spot]:
    if text_of(block, "state").lower() == "disabled" or texts_of(block, "disabled_alerts"):
        name = "disabled_alerts" if "disabled_alerts" in block.attributes else "state"
        yield Spot(f"{name} switches alerts off", line_of(block, name))


def _aks_log(block: Block) -> Iterator[Spot]:
    for profile in inner(block, "addon_profile"):
        yield from _forbids_inside("oms_agent", "enabled")(profile)


_AUDIT: Mapping[str, Reader] = {
    "aws_cloudtrail": _trail,
    "aws_eks_cluster": _eks_log,
    "aws_redshift_cluster": _forbids_inside("logging", "enable"),
    "google_container_cluster": _gke_log,
    "azurerm_kubernetes_cluster": _aks_log,
    "azurerm_network_watcher_flow_log": _forbids("enabled"),
    "azurerm_postgresql_configuration": _postgres_log,
    "azurerm_mssql_server_security_alert_policy": _security_alerts,
    "alicloud_actiontrail_trail": _forbids("enable_logging"),
}
