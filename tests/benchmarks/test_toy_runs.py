"""Every benchmark, as small as can be: it ends, its figures are there, and what it counted is right. How long anything
took is asserted nowhere."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.__main__ import main
from benchmarks.databases import KEY
from benchmarks.matching import measure
from benchmarks.matching.__main__ import main as matching
from benchmarks.matching.weak import WEAK
from benchmarks.waiting import NoAnswerError, output_of, until

from benchmarks import bankfiles, console, intake, odoo, odoo_server, page, pipeline
from tieout.store import Database

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def keyed(database: Database) -> Database:
    """As a benchmark's own: with its key."""
    return Database(database.dsn, KEY)


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield listening.getsockname()[1]


def test_intake_keeps_every_push_once_with_evidence_and_stamp(keyed: Database) -> None:
    result = intake.compare(intake.TOY, keyed)
    assert result.kept == intake.TOY.sent * intake.TOY.rounds
    assert keyed.rows("select count(*) as n from public.peer")[0]["n"] == result.kept
    assert all(result.rate[way] > 0 and result.p99_ms[way] > 0 for way in ("ours", "peer"))
    assert "signature, deduplication, evidence, stamps" in result.page()
    _is_no_figure(keyed, result.kept)


def _is_no_figure(database: Database, kept: int) -> None:
    """What was not kept rightly is not counted: a message too many, one without evidence, one without its stamp."""
    _changed(
        database,
        "insert into tieout.message (interface, stream, dedupe_key, source_key, transport, state, body_sha256, received_at)"
        " values ('stripe', 's', 'extra', '', 'webhook', 'listed', '\\x00', now())",
    )
    with pytest.raises(AssertionError, match=f"{kept + 1} messages, not {kept}"):
        intake.proven(database, kept)
    _changed(database, "delete from tieout.message where dedupe_key = 'extra'")
    assert intake.proven(database, kept) == kept
    one = "(select max(evidence_id) from tieout.evidence where action like 'message.%')"
    _changed(database, f"update tieout.evidence set action = 'message.lost' where evidence_id = {one}")
    with pytest.raises(AssertionError, match=f"evidence of {kept - 1} messages"):
        intake.proven(database, kept)
    _changed(database, f"update tieout.evidence set action = 'message.received' where evidence_id = {one}")
    _changed(
        database,
        "update tieout.message set stamp = '\\x00' where message_id = (select max(message_id) from tieout.message)",
    )
    with pytest.raises(AssertionError, match="no stamp on event:evt_0_"):
        intake.proven(database, kept)


def _changed(database: Database, sql: str) -> None:
    with database.transaction() as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute(sql.encode())


def _free() -> int:
    from tieout_sandbox.ports import free_port

    return free_port()


def test_pipeline_plans_every_document_once_with_evidence_and_stamp(keyed: Database) -> None:
    size = pipeline.TOY
    result = pipeline.compare(size, keyed)
    assert result.planned == 2 * size.ours * size.rounds and result.best in size.concurrencies
    assert (
        keyed.rows("select count(*) as n from tieout.message where state = 'normalised'")[0]["n"]
        == result.planned
    )
    assert all(result.rate[way] > 0 for way in ("ours", "two", "peer"))
    _changed(
        keyed,
        "update tieout.document set stamp = null where document_id = (select max(document_id) from tieout.document)",
    )
    with pytest.raises(AssertionError):
        pipeline.proven(keyed, size)


def test_every_invoice_stands_posted_in_odoo_by_either_way() -> None:
    result = odoo.run(odoo.TOY)
    assert result.ours.posted == result.peer.posted == result.two_lanes_posted == odoo.TOY.count
    # The peer's way is two calls an invoice; ours does not grow so.
    assert result.peer.calls == 2 * odoo.TOY.count > result.ours.calls > 0
    assert 0 < result.ours.seconds < result.peer.seconds and result.two_lanes_s > 0


def test_a_servers_invoices_are_read_back_and_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No server is named: it is the simulator.
    monkeypatch.delenv("TIEOUT_TEST_ODOO_URL", raising=False)
    target = tmp_path / "odoo.md"
    assert odoo_server.main(["--toy", "--write", str(target)]) == 0
    text = target.read_text()
    assert (
        text.startswith("# Invoices into a real Odoo\n") and "the simulator, whose times say nothing" in text
    )
    for what in ("untaxed", "with the source's tax and a match key"):
        assert re.search(rf"^\| {what}, a second \| [\d.]+ \| [\d.]+ \| [\d.]+ \|$", text, re.MULTILINE)
        assert f"{what}: where ours spends its time" in text
    assert re.search(r"^\| account\.move\.load \| [\d.]+% \|$", text, re.MULTILINE)


def test_bank_files_are_read_whole_by_every_way() -> None:
    size = bankfiles.TOY
    found = bankfiles.run(size).found
    assert {way for one in found for way in one.seconds} == set(bankfiles.READERS)
    assert all(one.seconds[way] > 0 and one.peak_mib[way] > 0 for one in found for way in one.seconds)
    camt, large, wrapped, plain, ofx, table = found
    assert 0 < camt.lines < large.lines
    assert (wrapped.lines, plain.lines, ofx.lines, table.lines) == (
        size.mt940,
        size.mt940,
        size.ofx,
        size.csv,
    )


def test_matching_is_measured_beside_splink_by_size_and_day_by_day() -> None:
    size = measure.TOY
    result = measure.run(size)
    assert set(result.speed) == {"ours", "splink"} and set(result.scale) == set(size.scale)
    for timed in (*result.speed.values(), *result.scale.values()):
        assert timed.seconds > 0 and timed.peak_mib > 0 and 0.5 < timed.f1 <= 1 and timed.groups > 0
    assert 0 < result.equal.most < result.equal.invoices == size.equal and result.equal.slower > 0
    assert result.days.days > 1 and 0 < result.days.right <= result.days.right_at_once <= size.days
    assert result.days.false == result.days.false_at_once == 0


def test_the_campaign_of_matching_writes_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "matching.md"
    words = ["quality", "--invoices", "800", "--seeds", "7", "--pools", "60", "--write", str(target)]
    monkeypatch.setattr(sys, "argv", ["benchmarks.matching", *words])
    matching()
    text = target.read_text()
    for way in ("Tieout", "greedy, exact amount", "Odoo 19's rules", "splink 5"):
        assert re.search(rf"^\| {re.escape(way)} \| \d+\.\d+% \| \d+\.\d+% \|", text, re.MULTILINE), way
    # Every hard kind is there with its share, and a tenth of what is paid is of them.
    for kind in WEAK:
        assert re.search(
            rf"^\| {kind} \| \d+ \| \d+\.\d% \| \d+\.\d% \| \d+\.\d% \| 0 \|$", text, re.MULTILINE
        ), kind
    (share,) = re.findall(r"^They are (\d+\.\d)%.* and (\d+\.\d)% of all rows", text, re.MULTILINE)
    assert float(share[0]) > float(share[1]) >= 10


def test_every_page_of_the_console_is_measured(tmp_path: Path) -> None:
    target = tmp_path / "console.md"
    assert console.main(["--toy", "--write", str(target)]) == 0
    text = target.read_text()
    for path in (*console.PAGES, "last of /documents"):
        assert re.search(rf"^\| `{re.escape(path)}` \| \d+ \| \d+ \|$", text, re.MULTILINE), path
    applied = re.search(r"\((\d+) runs of [\d.]+ s, (\d+) matches applied\)", text)
    assert applied and int(applied[1]) >= 1 and int(applied[2]) > 0
    assert re.search(r"^\| Django's admin \| \d+ \| \d+ \|$", text, re.MULTILINE)


def test_one_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "BENCHMARKS.md"
    assert main(["odoo", "--toy", "--write", str(target)]) == 0
    text = target.read_text()
    assert text.startswith("# Benchmarks\n") and "At toy sizes" in text and "## Invoices into Odoo" in text
    assert "## Invoices into Odoo" in capsys.readouterr().out
    assert set(page.ALL) == {"intake", "pipeline", "odoo", "bankfiles", "matching"}
    with pytest.raises(SystemExit):
        main(["nothing"])


def test_what_gets_no_answer_says_so_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(size: odoo.Size) -> odoo.Result:
        raise NoAnswerError("the server: no answer within 60 s")

    monkeypatch.setattr(odoo, "run", never)
    assert main(["odoo", "--toy", "--write", str(tmp_path / "page.md")]) == 3
    assert "odoo: the server: no answer within 60 s" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()


def test_pushes_that_nobody_answers_end_with_words(silent: int) -> None:
    """What made the benchmark of intake hang for ever: pushes that are taken and never answered."""
    command = [sys.executable, "-m", "benchmarks.load", str(silent), "2", "0.3", "1"]
    raw = b"GET / HTTP/1.1\r\n\r\n"
    given = (struct.pack("!I", len(raw)) + raw) * 3
    done = subprocess.run(command, input=given, capture_output=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 3 and b"0 of 3 requests were answered" in done.stderr


def test_a_server_that_ends_is_not_waited_for() -> None:
    with pytest.raises(NoAnswerError, match="the server ended with 1 before it answered"):
        intake.served(_ends, "", _free(), lambda: None)


def _ends(dsn: str, port: int) -> None:
    sys.exit(1)


def test_waits_end() -> None:
    with pytest.raises(NoAnswerError, match="a thing: no answer within 0"):
        until("a thing", 0, lambda: False)
    until("a thing", 60, lambda: True)
    with pytest.raises(NoAnswerError, match=r"a process: not done within 0\.2 s"):
        output_of("a process", [sys.executable, "-c", "import time; time.sleep(60)"], 0.2)
    with pytest.raises(NoAnswerError, match=r"(?s)a process: ended with 2: .*because"):
        output_of(
            "a process",
            [sys.executable, "-c", "import sys; print('because', file=sys.stderr); sys.exit(2)"],
            60,
        )
    assert output_of("a process", [sys.executable, "-c", "print(input())"], 60, b"given") == "given\n"
