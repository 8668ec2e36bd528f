"""A child's log stays within its limit, while the child goes on writing."""

from __future__ import annotations

from pathlib import Path

from tieout.observe import LogFile


def test_a_log_that_grows_is_put_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "worker.log", largest=1000)
    with log.open() as child:
        for number in range(200):
            child.write(f"line {number:04d}\n".encode())
            child.flush()
            log.keep_small()
    whole = log.path.read_text()
    aside = (tmp_path / "worker.log.1").read_text()
    assert len(whole) <= 1010 and len(aside) <= 1000
    lines = (aside[aside.index("line") :] + whole).splitlines()
    assert lines == [f"line {n:04d}" for n in range(200 - len(lines), 200)]
    assert log.last_words(10) == "line 0199\n"


def test_last_words_are_of_whoever_opened_it_last(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "worker.log")
    with log.open() as first:
        first.write(b"the first one's end\n")
    with log.open():
        assert log.last_words(1000) == ""
    with log.open() as third:
        third.write("ä\n".encode())
    assert log.last_words(1000) == "ä\n"
    assert log.last_words(2) == "\ufffd\n"
    assert LogFile(tmp_path / "nothing.log").last_words(10) == ""


def test_one_that_grew_far_beyond_its_limit_keeps_its_newest_part(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "server.log", largest=100)
    log.path.write_bytes(b"x" * 1000 + b"y" * 100)
    log.open().close()
    assert log.path.read_bytes() == b"" and (tmp_path / "server.log.1").read_bytes() == b"y" * 100
