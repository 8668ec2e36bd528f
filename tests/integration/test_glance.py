"""A close at a glance: the same bytes from the database, from a pack and by a bare Python; what is changed is found."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pypdf import PdfReader

from tests.acceptance.commands import run_tieout
from tests.integration.buying import Buyer
from tests.integration.test_close import OCTOBER, Closer, close
from tests.integration.test_close import closer as closer
from tests.integration.test_once import Front, OpenBooks
from tests.stages import step
from tieout.cases import list_open
from tieout.close import printed_close
from tieout.evidence import Pack, Printed, Sealer, export_pack, from_pack, load_or_make_signer, written
from tieout.planning import exclude

pytestmark = pytest.mark.long

FORMS = ("html", "text", "json")


def printed(closer: Closer, number: int = 0) -> Printed:
    now = closer.b.clock.now()
    return printed_close(closer.connection, closer.b.release(), "US", OCTOBER, now, number)


def pack_of(closer: Closer, folder: Path) -> Path:
    signer, witness = load_or_make_signer(folder / "key"), folder / "witness.jsonl"
    sealer = Sealer(signer, closer.b.clock, witness)
    while step(sealer, closer.connection):
        pass
    with closer.connection.transaction():
        export_pack(closer.connection, signer, witness, folder / "pack.zip")
    return folder / "pack.zip"


def alone(pack: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A script of the pack as an auditor runs it: taken out of it alone, on a Python without packages."""
    others = ["verify_closes.py"] if script == "verify.py" else []
    with zipfile.ZipFile(pack) as file:
        for each in {script, *others}:
            file.extract(each, pack.parent)
    command = [sys.executable, "-I", "-S", str(pack.parent / script), str(pack), *arguments]
    return subprocess.run(command, capture_output=True, check=False)


def table_of(sheet: bytes, key: str) -> list[dict[str, Any]]:
    """A table's rows by their columns' keys."""
    for section in json.loads(sheet)["sections"]:
        for table in section["tables"]:
            if table["key"] == key:
                keys = [c[0] for c in table["columns"]]
                return [dict(zip(keys, row, strict=True)) for row in table["rows"]]
    raise AssertionError(f"no table {key}")


def test_the_same_bytes_from_the_database_a_pack_its_folder_and_a_bare_python(
    closer: Closer, tmp_path: Path
) -> None:
    close(closer)
    pack, folder = pack_of(closer, tmp_path), tmp_path / "unpacked"
    with zipfile.ZipFile(pack) as file:
        file.extractall(folder)
    for form in FORMS:
        ours = written(printed(closer), form)
        assert ours == written(from_pack(Pack(pack), "US", "2026-10"), form)
        assert ours == written(from_pack(Pack(folder), "US", "2026-10"), form)
        done = alone(pack, "print_close.py", "--entity", "US", "--period", "2026-10", "--format", form)
        assert done.returncode == 0 and done.stdout == ours, done.stderr
    page = written(printed(closer), "html").decode()
    assert "<script" not in page and "http" not in page and "src=" not in page and "@import" not in page
    assert "not closed" not in page and "cora" in page and "on business day 2" in page
    done = alone(pack, "verify.py")
    assert done.returncode == 0 and b"sheets of closes" in done.stdout, done.stdout


def test_a_pack_is_printed_as_pdf_with_the_sheet_attached(closer: Closer, tmp_path: Path) -> None:
    close(closer)
    pack, file = pack_of(closer, tmp_path), tmp_path / "close.pdf"
    asked = [
        "close",
        "print",
        "--pack",
        str(pack),
        "--entity",
        "US",
        "--period",
        "2026-10",
        "--format",
        "pdf",
    ]
    done = run_tieout(*asked, "--out", str(file))
    assert done.returncode == 0 and "close.pdf" in done.stdout.replace("\n", ""), done.stderr
    reader = PdfReader(file)
    (figures,) = reader.attachments["figures.json"]
    text = "".join(p.extract_text() for p in reader.pages).replace("\n", "")
    assert figures == printed(closer).sheet and hashlib.sha256(figures).hexdigest() in text
    assert "pack.zip" in text and "command line" in text and "cora" in text
    # What is not there is refused before anything is written.
    file.unlink()
    done = run_tieout(*asked[:5], "DE", *asked[6:], "--out", str(file))
    assert done.returncode == 1 and not file.exists(), done.stdout


def test_every_figure_of_the_close_stands_in_its_sheet(closer: Closer) -> None:
    draft = printed(closer)
    assert draft.name == "" and b"Draft" in written(draft, "text")
    close(closer)
    sheet = printed(closer).sheet
    tasks = table_of(sheet, "tasks")
    assert len(tasks) == len(closer.state().tasks) and {t["state"] for t in tasks} == {"signed"}
    assert {t["prepared_by"] for t in tasks} == {"cora", "carl"}
    (tied,) = table_of(sheet, "source_month")
    assert tied["residual"] == "0.00" and tied["source"] == tied["posted"] and tied["proven"] == "yes"
    assert json.loads(sheet)["head"]["ledger_read_at"].startswith("2026-11-03T")


def test_what_happens_after_it_was_kept_is_said_on_it_and_the_next_one_lists_it(
    closer: Closer, tmp_path: Path
) -> None:
    close(closer)
    before = printed(closer)
    closer.b.bill("LATE", quantity="1", order="", on=OCTOBER.last - timedelta(days=1))
    assert closer.look()
    after = printed(closer)
    assert after.sheet == before.sheet and before.stands and not after.stands
    said = written(after, "text").decode()
    assert "does not stand any more" in said and "signature taken back: complete: bills" in said
    pack = pack_of(closer, tmp_path)
    assert written(from_pack(Pack(pack), "US", "2026-10"), "html") == written(after, "html")
    for row in list_open(closer.connection):
        exclude(
            closer.connection,
            closer.b.release(),
            row["case_id"],
            "of next month",
            closer.b.clock.now(),
            "carl",
        )
    closer.b.give("bills", "report2.csv", closer.b.point.report(OCTOBER.last))
    closer.b.work()
    close(closer)
    # It stands once, as what people excluded; no source left anything out.
    (left_out,) = table_of(printed(closer).sheet, "waivers")
    assert (left_out["kind"], left_out["about"], left_out["reason"]) == (
        "excluded",
        "USV1:LATE",
        "of next month",
    )
    assert left_out["on"] == "2026-10-30" or left_out["on"].startswith("2026-10-")
    assert table_of(printed(closer).sheet, "left_out") == []
    assert "not closed" not in written(printed(closer), "text").decode()
    rows = table_of(printed(closer).sheet, "revoked")
    assert {r["task"] for r in rows} >= {"complete: bills", "close"} and all(r["why"] for r in rows)
    pack = pack_of(closer, tmp_path)
    assert alone(pack, "verify.py").returncode == 0
    # The one that was signed is there still, by its number.
    number = int(before.name.removeprefix("closes/").removesuffix(".json"))
    assert printed(closer, number).sheet == before.sheet
    with pytest.raises(LookupError, match="no sheet 999"):
        printed(closer, 999)


def test_a_sheet_is_never_changed_and_one_that_was_is_not_printed(closer: Closer) -> None:
    close(closer)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        closer.connection.execute("update tieout.close_sheet set body = 'x'")
    closer.connection.execute("alter table tieout.close_sheet disable trigger close_sheet_fixed")
    closer.connection.execute(
        "update tieout.close_sheet set body = replace(convert_from(body, 'utf8'), 'cora', 'carl')::bytea"
    )
    with pytest.raises(LookupError, match="somebody changed it"):
        printed(closer)


Change = Callable[[dict[str, Any]], None]


def _table(sheet: dict[str, Any], key: str) -> dict[str, Any]:
    return next(t for s in sheet["sections"] for t in s["tables"] if t["key"] == key)


def _set(key: str, column: str, value: str, place: int = 0) -> Change:
    def change(sheet: dict[str, Any]) -> None:
        table = _table(sheet, key)
        at = [c[0] for c in table["columns"]].index(column)
        assert table["rows"][place][at] != value
        table["rows"][place][at] = value

    return change


def _sum(key: str, value: str) -> Change:
    def change(sheet: dict[str, Any]) -> None:
        _table(sheet, key)["sums"][0]["rows"][0][-1] = value

    return change


def _drop(key: str) -> Change:
    def change(sheet: dict[str, Any]) -> None:
        _table(sheet, key)["rows"].pop()

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("tasks", "prepared_by", "mallory"), "not signed as the log says"),
        (_set("tasks", "signed_by", "mallory"), "not signed as the log says"),
        (_set("tasks", "signed_at", "2026-11-02T10:00:00-05:00"), "not signed as the log says"),
        (_set("tasks", "state", "open"), "the sums of rows are not"),
        (_set("source_month", "posted", "1.00"), "residual is not what its parts come to"),
        (_set("source_month", "residual", "0.01"), "residual is not what its parts come to"),
        (_sum("source_month", "1.00"), "the sums of source are not its 1 rows added up"),
        (_drop("source_month"), "the sums of source are not its 0 rows added up"),
        (_set("bridge", "in_ledger", "1.00"), "residual is not what its parts come to"),
        (_set("bridge", "in_ledger", "1.00"), "bridge: not what the log says was read"),
        (_drop("governed"), "governed: not what the log says was read"),
        (_set("governed", "account", "999999"), "governed: not what the log says was read"),
    ],
)
def test_a_changed_figure_is_found_though_its_hash_is_made_right(
    closer: Closer, tmp_path: Path, change: Change, said: str
) -> None:
    """Whoever holds the signing key and rewrites the whole log has to make the figures agree as well."""
    close(closer)
    pack = pack_of(closer, tmp_path)
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(pack) as old:
        name = printed(closer).name
        sheet = json.loads(old.read(name))
        change(sheet)
        raw = json.dumps(sheet, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        with zipfile.ZipFile(changed, "w") as new:
            for item in old.namelist():
                new.writestr(item, raw if item == name else old.read(item))
    done = alone(changed, "verify.py")
    assert done.returncode == 1 and b"not the sheet of US:2026-10 that was kept" in done.stdout
    wrong = wrong_of(raw, pack, name)
    assert any(said in x for x in wrong), wrong


def wrong_of(raw: bytes, pack: Path, name: str) -> list[str]:
    """What the verifier says of a sheet whose hash the log has."""
    from tieout.evidence.verify_closes import Closes

    closes, digest = Closes(), hashlib.sha256(raw).hexdigest()
    for leaf, entry in enumerate(Pack(pack).entries()):
        if entry["action"] == "close.kept":
            detail = json.loads(entry["detail"])
            if f"closes/{detail['sheet']}.json" != name:
                continue
            entry = {**entry, "detail": {**detail, "sha256": digest}}
        closes.note(leaf, entry)
    return closes.check({name: raw})


def test_a_sheet_that_is_gone_or_that_nobody_kept_is_named(closer: Closer, tmp_path: Path) -> None:
    close(closer)
    pack = pack_of(closer, tmp_path)
    name, changed = printed(closer).name, tmp_path / "changed.zip"
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(changed, "w") as new:
        for item in old.namelist():
            new.writestr("closes/99999.json" if item == name else item, old.read(item))
    done = alone(changed, "verify.py")
    assert done.returncode == 1
    assert f"{name}: kept at leaf".encode() in done.stdout and b"and not here" in done.stdout
    assert b"closes/99999.json: a sheet that the log does not know" in done.stdout


def test_the_api_prints_the_same_to_whoever_may_read_closes(buyer: Buyer) -> None:
    buyer.ready()
    buyer.bill()
    buyer.clock.at = datetime(2026, 11, 3, 12, tzinfo=UTC)
    front = Front(buyer, OpenBooks(buyer))
    http = front.sign_in("cora")
    try:
        draft = http.get("/closes/US/2026-10/printed")
        assert draft.status_code == 200 and "Draft" in draft.text
        assert http.get("/closes/US/2026-10/printed", params={"sheet": 7}).status_code == 404
        # Nobody signs what was not shown to them.
        assert http.post("/closes/US/2026-10/look").status_code == 200
        assert http.post("/closes/US/2026-10/sign", json={}).status_code == 200
        with buyer.database.transaction() as connection:
            found = printed_close(connection, buyer.release(), "US", OCTOBER, buyer.clock.now())
        kinds = {"html": "text/html", "text": "text/plain", "json": "application/json"}
        for form, kind in kinds.items():
            told = http.get("/closes/US/2026-10/printed", params={"form": form})
            assert told.content == written(found, form) and told.headers["content-type"].startswith(kind)
        assert found.name and "prepared" in told.text
        assert http.get("/closes/XX/2026-10/printed").status_code == 404
        assert http.get("/closes/US/2026-10/printed", params={"form": "pdf"}).status_code == 422
    finally:
        front.stop()


def test_a_verifier_that_was_taken_out_alone_says_that_closes_were_not_checked(
    closer: Closer, tmp_path: Path
) -> None:
    closer.state()
    closer.sign("cora")
    pack, alone_in = pack_of(closer, tmp_path), tmp_path / "alone"
    with zipfile.ZipFile(pack) as file:
        file.extract("verify.py", alone_in)
    command = [sys.executable, "-I", "-S", str(alone_in / "verify.py"), str(pack)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "1 sheets of closes were not checked" in done.stdout
