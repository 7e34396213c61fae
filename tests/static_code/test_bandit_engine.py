"""Our walk over a file against bandit's own."""

import io
import logging
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shopsec.scan.code.bandit_rules import load_bandit_rules

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager

    from shopsec.scan.code import bandit_engine
    from shopsec.scan.code.bandit_engine import Engine

SKIPPED = load_bandit_rules().skipped(in_tests=False)
IN_TESTS = load_bandit_rules().skipped(in_tests=True)


@pytest.fixture(scope="module", autouse=True)
def quiet():
    """bandit tells what it met through a log that it leaves on."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def by_bandit(content, skipped):
    """What bandit's own manager makes of a file; None where it has no verdict."""
    manager = BanditManager(BanditConfig(), "file", profile={"exclude": list(skipped)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        manager._parse_file("code.py", io.BytesIO(content), ["code.py"])
    if manager.skipped:
        return None
    counts = manager.metrics.current
    return counts["nosec"] + counts["skipped_tests"], [
        (each.test_id, each.test, each.text, each.severity, each.confidence, each.cwe.id,
         each.lineno)
        for each in manager.results
    ]  # fmt: skip


def by_us(content, skipped):
    said = Engine(skipped).scan(content)
    if "missed" in said:
        return None
    return said["silenced"], [
        (each["test_id"], each["test_name"], each["text"], each["severity"], each["confidence"],
         each["cwe"], each["line"])
        for each in said["issues"]
    ]  # fmt: skip


# At least one line for each of bandit's tests, as its documentation has them.
BAD = {
    "B101": "assert user.is_staff",
    "B102": "exec(text)",
    "B103": "import os\nos.chmod('/etc/a', 0o777)\nos.lchmod(a, 0o666)",
    "B104": "s.bind(('0.0.0.0', 80))\nif x in '0.0.0.0': pass\ndef f(a='0.0.0.0', *, b=1): pass",
    "B105": "password = 'hunter'",
    "B106": "connect(password='hunter')",
    "B107": "def connect(password='hunter'): pass",
    "B108": "open('/tmp/a')\nwith open('/var/tmp/b') as f: pass",
    "B110": "try:\n    a()\nexcept Exception:\n    pass",
    "B112": "for a in b:\n    try:\n        a()\n    except Exception:\n        continue",
    "B113": "import requests, httpx\nrequests.get(a)\nhttpx.Client(timeout=None)",
    "B201": "import flask\napp.run(debug=True)",
    "B202": "import tarfile\na.extractall(b)\na.extractall(b, filter='data')\n"
    "a.extractall(members=f(a))",
    "B301": "import pickle as p\np.loads(a)\nfrom pickle import loads as b\nb(c)",
    "B302": "import marshal\nmarshal.load(a)",
    "B303": "from cryptography.hazmat.primitives import hashes\nhashes.MD5()",
    "B304": "from Crypto.Cipher import DES\nDES.new(a)",
    "B305": "from cryptography.hazmat.primitives.ciphers import modes\nmodes.ECB()",
    "B306": "import tempfile\ntempfile.mktemp()",
    "B307": "eval(a)",
    "B308": "from django.utils.safestring import mark_safe\nmark_safe(a)",
    "B310": "import urllib.request\nurllib.request.urlopen(a)",
    "B311": "import random\nrandom.choice(a)",
    "B312": "import telnetlib\ntelnetlib.Telnet(a)",
    "B313": "import xml.etree.cElementTree as e\ne.parse(a)",
    "B314": "from xml.etree import ElementTree\nElementTree.fromstring(a)",
    "B315": "import xml.sax.expatreader\nxml.sax.expatreader.create_parser()",
    "B316": "import xml.dom.expatbuilder\nxml.dom.expatbuilder.parse(a)",
    "B317": "import xml.sax\nxml.sax.parseString(a)",
    "B318": "import xml.dom.minidom\nxml.dom.minidom.parse(a)",
    "B319": "import xml.dom.pulldom\nxml.dom.pulldom.parse(a)",
    "B321": "import ftplib\nftplib.FTP(a)",
    "B323": "import ssl\nssl._create_unverified_context()",
    "B324": "import hashlib, crypt\nhashlib.md5(a)\nhashlib.new('sha1', b)\n"
    "hashlib.md5(a, usedforsecurity=False)\ncrypt.crypt(a, salt=METHOD_MD5)",
    "B401": "import telnetlib",
    "B402": "from ftplib import FTP",
    "B403": "import pickle",
    "B404": "import subprocess",
    "B405": "import xml.etree.ElementTree",
    "B406": "import xml.sax",
    "B407": "import xml.dom.expatbuilder",
    "B408": "import xml.dom.minidom",
    "B409": "import xml.dom.pulldom",
    "B411": "import xmlrpc.client\nimportlib.import_module('xmlrpc')\n__import__('xmlrpc')",
    "B412": "from wsgiref.handlers import CGIHandler\nimport twisted.web.twcgi.CGIScript",
    "B413": "import Crypto.Cipher",
    "B415": "import pyghmi",
    "B501": "import requests\nrequests.get(a, timeout=1, verify=False)",
    "B502": "import ssl\nssl.wrap_socket(ssl_version=ssl.PROTOCOL_SSLv2)\nf(method=SSLv3_METHOD)",
    "B503": "def f(version=ssl.PROTOCOL_SSLv2): pass",
    "B504": "import ssl\nssl.wrap_socket(a)",
    "B505": "from Crypto.PublicKey import RSA\nRSA.generate(512)\n"
    "from cryptography.hazmat.primitives.asymmetric import rsa, ec\n"
    "rsa.generate_private_key(3, key_size=1024)\nec.generate_private_key(curve=ec.SECT163K1)",
    "B506": "import yaml\nyaml.load(a)\nyaml.load(a, yaml.SafeLoader)",
    "B507": "import paramiko\nc.set_missing_host_key_policy(paramiko.AutoAddPolicy)",
    "B508": "from pysnmp.hlapi import CommunityData\nCommunityData('public', mpModel=0)",
    "B509": "from pysnmp.hlapi import UsmUserData\nUsmUserData('a')",
    "B601": "import paramiko\nc.exec_command(a)",
    "B602": "from subprocess import run as go\ngo(a, shell=True)\ngo('ls', shell=True)",
    "B603": "import subprocess\nsubprocess.run(a)",
    "B604": "f(a, shell=True)",
    "B605": "import os\nos.system(a)\nos.popen('ls')",
    "B606": "import os\nos.execl(a)",
    "B607": "import os\nos.system('ls')",
    "B608": "a.execute('select a from b where c = %s' % d)\n"
    "a = 'delete from b where c = {}'.format(d)\n"
    "a = f'insert into {b} values (1)'\na = 'update b' + ' set ' + c",
    "B609": "import os\nos.system('chmod 777 *')",
    "B610": "a.objects.extra(where=[b])",
    "B611": "from django.db.models.expressions import RawSQL\nRawSQL(a, [])",
    "B612": "import logging.config\nlogging.config.listen(1)",
    "B613": "a = '\u202e'",
    "B614": "import torch\ntorch.load(a)",
    "B615": "from transformers import AutoModel\nAutoModel.from_pretrained('a/b')",
    "B701": "import jinja2\njinja2.Environment(autoescape=False)\njinja2.Environment()",
    "B702": "from mako.template import Template\nTemplate(a)",
    "B703": "from django.utils.safestring import SafeString\nSafeString(a % b)",
    "B704": "from markupsafe import Markup\nMarkup(a)",
}


@pytest.mark.parametrize("test", BAD)
def test_each_test_of_bandit_reports_what_it_reports_by_itself(test):
    content = BAD[test].encode()
    others = [each for each in BAD if each != test]
    alone = by_us(content, others)
    assert test in {each[0] for each in alone[1]}
    assert alone == by_bandit(content, others)
    assert by_us(content, ()) == by_bandit(content, ())


def test_no_test_of_bandit_is_without_an_example():
    rules = load_bandit_rules()
    assert {*rules.tests, *rules.not_run} == set(BAD)


LINES = sorted({line for text in BAD.values() for line in text.split("\n") if line[0] != " "})
NAMES = ("run", "get", "load", "exec", "__import__", "Markup", "f", "extractall", "lchmod")
MODULES = ("os", "yaml", "requests.api", "subprocess", "markupsafe", "torch", "hashlib.x")
VALUES = ("True", "'0.0.0.0'", "b'x'", "x", "['a', b]", "{[1]}", "{'a': 1}", "*y", "f'{a} set '")


def call(name, values, keywords):
    given = [*values, *(f"{key}={value}" for key, value in keywords if value[0] != "*")]
    return f"{name}({', '.join(given)})"


CALLS = st.builds(
    call,
    st.sampled_from((*NAMES, *(f"{module}.{name}" for module in MODULES for name in NAMES))),
    st.lists(st.sampled_from(VALUES), max_size=3),
    st.lists(
        st.tuples(
            st.sampled_from(("shell", "method", "verify", "timeout", "debug", "Loader")),
            st.sampled_from(VALUES),
        ),
        max_size=2,
        unique_by=lambda each: each[0],
    ),
)
IMPORTS = st.one_of(
    st.builds("import {} as {}".format, st.sampled_from(MODULES), st.sampled_from(NAMES)),
    st.builds("from {} import {}".format, st.sampled_from(MODULES), st.sampled_from(NAMES)),
)
COMMENTS = st.sampled_from(("", "  # nosec", "  # nosec: B602, B307", "  # nosec exec_used", "  #"))
STATEMENTS = st.one_of(st.sampled_from([line for line in LINES if line[-1] != ":"]), CALLS, IMPORTS)
WRAPPED = st.builds(
    str.__add__,
    st.one_of(
        STATEMENTS,
        st.builds("def f(a={}): return [b for b in {}]".format, CALLS, CALLS),
        st.builds("match a:\n case 'b' if {}: {}".format, CALLS, CALLS),
        st.builds("with {} as a: x = '/tmp' + {}".format, CALLS, CALLS),
        st.builds("class A({}):\n  '/tmp'\n  async def g(self): await {}".format, CALLS, CALLS),
        st.builds("lambda: {}({})".format, CALLS, CALLS),
    ),
    COMMENTS,
)


@given(st.lists(WRAPPED, min_size=1, max_size=12), st.sampled_from([(), SKIPPED, IN_TESTS]))
def test_whatever_a_file_says_the_issues_are_bandits_own(lines, skipped):
    content = "\n".join(lines).encode()
    expected = by_bandit(content, skipped)
    assume(expected is not None)
    assert by_us(content, skipped) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbfeval(a)\n",
        b"# -*- coding: latin-1 -*-\nprint('\xe9')\neval(a)  # nosec\n",
        b"# coding: utf-7\neval(a)  # +AG4-osec\n",
        b"# coding: utf-7\n# +IC4-\n",
        "# \u2069\nassert a\n".encode(),
        b"eval(a)  # nosec",
        b"x = '''\neval(a) # nosec\n'''\neval(\n  a  # nosec\n)\n",
        b"\r\neval(a)\r\n\r\n",
        b"x = '\xff'\n",
        b"x = 1\0\n",
        b"def f():\n\teval(a)\n        pass\n",
    ],
)
def test_encodings_comments_and_line_ends_are_read_as_bandit_reads_them(content):
    assert by_us(content, SKIPPED) == by_bandit(content, SKIPPED)


def test_another_version_of_bandit_walks_files_itself(monkeypatch):
    monkeypatch.setattr(bandit_engine, "READ_FROM", "0")
    engine = Engine(SKIPPED)
    assert engine._visitor is not bandit_engine._Visitor
    (issue,) = engine.scan(b"x = 1\neval(\n  a)\n")["issues"]
    assert (issue["test_id"], issue["line"], issue["symbol"]) == ("B307", 2, "eval( a)")


def test_deep_nesting_has_no_limit_of_ours_below_the_parsers():
    content = b"x = " + b"a." * 900 + b"b\n" + b"eval(x)\n"
    (issue,) = Engine(SKIPPED).scan(content)["issues"]
    assert issue["line"] == 2


@pytest.mark.parametrize("content", [b"a" + b".b" * 200_000, b"-" * 200_000 + b"1"])
def test_what_the_parser_cannot_take_has_no_verdict(content):
    assert Engine(SKIPPED).scan(content) == {
        "missed": "is nested too deeply or takes too much memory"
    }
