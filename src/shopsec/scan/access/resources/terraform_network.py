"""Terraform: which ports of machines and data stores the whole internet may reach.

Resources as the providers document them: https://registry.terraform.io/ (hashicorp/aws,
hashicorp/azurerm, hashicorp/google, hetznercloud/hcloud, digitalocean/digitalocean,
aliyun/alicloud).
"""

import re
from collections.abc import Iterator, Mapping

from shopsec.scan.access.documents.hcl import Block
from shopsec.scan.access.resources.datastores import PORTS
from shopsec.scan.access.resources.terraform_reading import (
    ANYWHERE,
    Reader,
    Spot,
    inner,
    line_of,
    number_of,
    read_by_type,
    text_of,
    texts_of,
)

_REMOTE_LOGIN = {22: "SSH", 23: "telnet", 3389: "RDP", 5900: "VNC", 2375: "Docker"}
_NAMES = {
    1433: "SQL Server", 3306: "MySQL", 5432: "PostgreSQL", 5672: "RabbitMQ", 6379: "Redis",
    9200: "Elasticsearch", 11211: "Memcached", 27017: "MongoDB",
}  # fmt: skip
_WATCHED = frozenset(PORTS) | frozenset(_REMOTE_LOGIN)
_RANGE = re.compile(r"(\d{1,5})(?:\s*[-/]\s*(\d{1,5}))?")
_ALL_PROTOCOLS = frozenset({"-1", "all", "*", "any"})


def open_ports(block: Block) -> tuple[Spot, ...]:
    """Ports that anybody may reach and nobody should: remote login, data stores, or all."""
    return tuple(dict.fromkeys(read_by_type(block, _READERS)))


def _spot(low: int | None, high: int | None, line: int) -> Iterator[Spot]:
    """What is open from one port to another; None stands for all ports."""
    if low is None or high is None or high - low >= 60_000:
        yield Spot("every port", line)
        return
    found = sorted(port for port in _WATCHED if low <= port <= high)
    if len(found) == 1 or (found and low == high):
        name = _REMOTE_LOGIN.get(found[0]) or _NAMES.get(found[0], "a data store")
        yield Spot(f"port {found[0]} ({name})", line)
    elif found:
        yield Spot(f"ports {low} to {high}", line)


def _written(text: str, line: int) -> Iterator[Spot]:
    """The same for a port or range as a text: ``22``, ``22-22``, ``22/22``, ``*``."""
    if text in {"*", "all", "-1/-1", "any"}:
        yield from _spot(None, None, line)
    match = _RANGE.fullmatch(text)
    if match:
        yield from _spot(int(match[1]), int(match[2] or match[1]), line)


def _aws_group(block: Block) -> Iterator[Spot]:
    for rule in inner(block, "ingress"):
        yield from _aws_rule(rule)


def _aws_rule(rule: Block) -> Iterator[Spot]:
    if text_of(rule, "type") == "egress":
        return
    sources = texts_of(rule, "cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")
    if not ANYWHERE & set(sources):
        return
    protocol = text_of(rule, "protocol") or text_of(rule, "ip_protocol")
    low, high = number_of(rule, "from_port"), number_of(rule, "to_port")
    line = line_of(rule, "from_port")
    if protocol in _ALL_PROTOCOLS:
        yield from _spot(None, None, line)
    elif low is not None and high is not None and protocol not in {"icmp", "icmpv6"}:
        yield from _spot(low, high, line)


def _google_firewall(block: Block) -> Iterator[Spot]:
    if text_of(block, "direction") == "EGRESS" or text_of(block, "disabled") == "true":
        return
    if not ANYWHERE & set(texts_of(block, "source_ranges")):
        return
    for allowed in inner(block, "allow"):
        protocol = text_of(allowed, "protocol").lower()
        ports = texts_of(allowed, "ports")
        if protocol == "all" or (protocol in {"tcp", "udp"} and "ports" not in allowed.attributes):
            yield from _spot(None, None, line_of(allowed, "protocol"))
        for port in ports:
            yield from _written(port, line_of(allowed, "ports"))


def _azure_group(block: Block) -> Iterator[Spot]:
    for rule in inner(block, "security_rule"):
        yield from _azure_rule(rule)


def _azure_rule(rule: Block) -> Iterator[Spot]:
    inbound = text_of(rule, "direction") == "Inbound" and text_of(rule, "access") == "Allow"
    sources = texts_of(rule, "source_address_prefix", "source_address_prefixes")
    if inbound and ANYWHERE & set(sources):
        for name in ("destination_port_range", "destination_port_ranges"):
            for port in texts_of(rule, name):
                yield from _written(port, line_of(rule, name))


def _azure_database_rule(block: Block) -> Iterator[Spot]:
    # From 0.0.0.0 to 0.0.0.0 stands for other services of Azure.
    ends = text_of(block, "start_ip_address"), text_of(block, "end_ip_address")
    if ends[0] == "0.0.0.0" and ends[1] == "255.255.255.255":  # noqa: S104 -- read, not bound
        yield Spot("the database", line_of(block, "start_ip_address"))


def _hetzner_firewall(block: Block) -> Iterator[Spot]:
    for rule in inner(block, "rule"):
        if text_of(rule, "direction") == "in" and ANYWHERE & set(texts_of(rule, "source_ips")):
            yield from _written(text_of(rule, "port"), line_of(rule, "port"))


def _digitalocean_firewall(block: Block) -> Iterator[Spot]:
    for rule in inner(block, "inbound_rule"):
        if ANYWHERE & set(texts_of(rule, "source_addresses")):
            yield from _written(text_of(rule, "port_range"), line_of(rule, "port_range"))


def _alibaba_rule(block: Block) -> Iterator[Spot]:
    if text_of(block, "type") == "ingress" and text_of(block, "cidr_ip") in ANYWHERE:
        yield from _written(text_of(block, "port_range"), line_of(block, "port_range"))


_READERS: Mapping[str, Reader] = {
    "aws_security_group": _aws_group,
    "aws_default_security_group": _aws_group,
    "aws_security_group_rule": _aws_rule,
    "aws_vpc_security_group_ingress_rule": _aws_rule,
    "google_compute_firewall": _google_firewall,
    "azurerm_network_security_group": _azure_group,
    "azurerm_network_security_rule": _azure_rule,
    "azurerm_sql_firewall_rule": _azure_database_rule,
    "azurerm_mssql_firewall_rule": _azure_database_rule,
    "azurerm_mysql_firewall_rule": _azure_database_rule,
    "azurerm_mysql_flexible_server_firewall_rule": _azure_database_rule,
    "azurerm_postgresql_firewall_rule": _azure_database_rule,
    "azurerm_postgresql_flexible_server_firewall_rule": _azure_database_rule,
    "hcloud_firewall": _hetzner_firewall,
    "digitalocean_firewall": _digitalocean_firewall,
    "alicloud_security_group_rule": _alibaba_rule,
}
