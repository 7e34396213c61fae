"""Reports that come in pieces: the same text, whole or not at all."""

import hashlib
import json

import pytest

import shopsec.report.json as json_report
import shopsec.report.sarif as sarif_report
from shopsec.cli.output import print_report, write_whole
from shopsec.cli.reports import write_reports
from shopsec.errors import OutputError
from shopsec.model import Tier
from tests.report.reports import HOSTILE, full, large, report

LONGEST = 20_000


def whole_json(made):
    """As one dump of one document has it."""
    document = made.model_dump(mode="json") | {
        "schema": "shopsec-report-1",
        "exit_code": made.decision.outcome.exit_code,
        "counts": {tier.value: made.count(tier) for tier in Tier},
    }
    states = json.loads("".join(json_report.render(made))).get("states")
    return json.dumps(document | ({"states": states} if states else {}), indent=2, sort_keys=True)


@pytest.mark.parametrize(
    "made", [full("\n".join(HOSTILE)), report(()), large(40)], ids=["hostile", "empty", "many"]
)
def test_json_in_pieces_is_json_as_a_whole(made):
    assert "".join(json_report.render(made)) == whole_json(made) + "\n"


@pytest.mark.parametrize("render", [json_report.render, sarif_report.render_all])
def test_no_piece_grows_with_the_results(render):
    few, many = (max(map(len, render(large(count)))) for count in (100, 3_000))
    assert many < few * 1.1
    assert many < LONGEST


def test_the_hash_of_a_report_in_pieces_is_that_of_its_file(tmp_path):
    named = {}

    def grounds(written):
        named.update({each.name: each.sha256 for each in written})
        raise KeyboardInterrupt

    targets = [("json", tmp_path / "a.json"), ("decision", tmp_path / "b.json")]
    with pytest.raises(KeyboardInterrupt):
        write_reports(full(), targets, lambda _: iter(("é\n", "b")), grounds)
    content = (tmp_path / "a.json").read_bytes()
    assert content == "é\nb".encode()
    assert named == {"a.json": hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize(
    ("ends", "expected"),
    [(KeyboardInterrupt, KeyboardInterrupt), (ValueError, ValueError), (OSError, OutputError)],
)
def test_what_ends_half_way_leaves_the_old_file_and_no_other(tmp_path, ends, expected):
    file = tmp_path / "report.json"
    file.write_text("old")

    def pieces():
        yield "new " * 100_000
        raise ends

    with pytest.raises(expected):
        write_whole(file, pieces())
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_pieces_are_printed_in_their_order(capsys):
    pieces = [f"{number} " * number for number in range(400)]
    print_report(iter(pieces))
    assert capsys.readouterr().out == "".join(pieces)
