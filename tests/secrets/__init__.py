# ruff: noqa: A005 -- mirrors shopsec.scan.secrets; always imported as tests.secrets
