"""The signer's key, which several processes may make at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tieout.evidence import Signer, load_or_make_signer


def test_of_processes_that_start_at_once_all_sign_with_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes while a key is being made waits for nobody: it reads a whole key, and the same."""
    found: list[Signer] = []

    generate = Ed25519PrivateKey.generate

    def while_it_is_made() -> Ed25519PrivateKey:
        monkeypatch.undo()
        other = threading.Thread(target=lambda: found.append(load_or_make_signer(tmp_path / "keys" / "key")))
        other.start()
        other.join()
        return generate()

    monkeypatch.setattr(Ed25519PrivateKey, "generate", while_it_is_made)
    found.append(load_or_make_signer(tmp_path / "keys" / "key"))
    found.append(load_or_make_signer(tmp_path / "keys" / "key"))
    assert len(found) == 3 and len({signer.public for signer in found}) == 1
    assert [x.name for x in (tmp_path / "keys").iterdir()] == ["key"]
    assert (tmp_path / "keys" / "key").stat().st_mode & 0o777 == 0o600


def test_a_process_that_dies_while_it_makes_the_key_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(descriptor: int) -> None:
        raise OSError("the machine is gone")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", dies)
        with pytest.raises(OSError, match="gone"):
            load_or_make_signer(tmp_path / "key")
    assert not (tmp_path / "key").exists()
    assert load_or_make_signer(tmp_path / "key").public == load_or_make_signer(tmp_path / "key").public
