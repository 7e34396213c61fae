"""Which products names and tags of images tell of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopsec.policy.lifecycle import embedded_lifecycles
from shopsec.scan.access.resources.images import parse_image
from shopsec.scan.access.resources.lifecycle_images import products_in


def held(text):
    found = products_in(parse_image(text), embedded_lifecycles())
    return {each.product: each.version for each in found}


@pytest.mark.parametrize(
    ("image", "products"),
    [
        ("php:7.4-fpm-alpine3.16", {"php": "7.4", "alpine-linux": "3.16"}),
        ("node:20-bookworm", {"nodejs": "20", "debian": "12"}),
        ("node:lts-hydrogen", {"nodejs": "18"}),
        ("docker.io/library/php:8.4", {"php": "8.4"}),
        ("public.ecr.aws/docker/library/python:3.8-slim-buster",
         {"python": "3.8", "debian": "10"}),
        ("bitnami/postgresql:14.5.0-debian-11-r6", {"postgresql": "14.5.0", "debian": "11"}),
        ("bitnamilegacy/redis:7.2", {"redis": "7.2"}),
        ("harbor.example.com/dockerhub/library/node:16", {"nodejs": "16"}),
        ("docker-proxy.example.com/node:16", {"nodejs": "16"}),
        ("${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/php:8.1", {"php": "8.1"}),
        ("mcr.microsoft.com/dotnet/aspnet:6.0-alpine", {"dotnet": "6.0"}),
        ("mcr.microsoft.com/playwright:v1.40.0-jammy", {"ubuntu": "22.04"}),
        ("docker.elastic.co/elasticsearch/elasticsearch:7.17.3", {"elasticsearch": "7.17.3"}),
        ("nikolaik/python-nodejs:python3.8-nodejs14", {"python": "3.8", "nodejs": "14"}),
        ("gcr.io/distroless/nodejs18-debian11", {"nodejs": "18", "debian": "11"}),
        ("maven:3.8-openjdk-11-slim", {"openjdk-builds-from-oracle": "11"}),
        ("eclipse-temurin:17.0.9_9-jre", {"eclipse-temurin": "17.0.9"}),
        ("wordpress:6.2-php8.0-apache", {"wordpress": "6.2", "php": "8.0"}),
        ("centos:centos7.9.2009", {"centos": "7.9.2009"}),
        ("registry.access.redhat.com/ubi8/nodejs-16:1", {"rhel": "8", "nodejs": "16"}),
        ("pgvector/pgvector:pg16", {"postgresql": "16"}),
        ("mysql:5.7@sha256:00", {"mysql": "5.7"}),
        # Named, but in no version.
        ("ubuntu", {"ubuntu": ""}),
        ("php@sha256:00", {"php": ""}),
        ("php:8.${MINOR}-fpm", {"php": ""}),
        ("php:${VERSION}-fpm-bullseye", {"php": "", "debian": "11"}),
        ("php:8.4-fpm-alpine3.${X}", {"php": "8.4"}),
        # The number is its maker's own.
        ("registry.example.com/shop:1.4", {}),
        ("registry.example.com/nginx:1.0", {}),
        ("scratch", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_what_an_image_holds(image, products):
    assert held(image) == products


@given(st.text(max_size=80))
def test_any_text_is_an_image_of_something_or_nothing(text):
    assert set(held(text)) <= set(embedded_lifecycles().products)
