"""Reads a stranger's file in a process of its own.

What a file does to its reader (a million empty lines, a depth, digits) it does there: with a bound on memory and on time,
and while it lasts webhooks and pages are answered. `python -m tieout.connector_api.apart` is that process.
"""

from __future__ import annotations

import mmap
import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import IO, Any

import msgspec

from tieout.connector_api.capabilities import FileReader, Item
from tieout.connector_api.errors import FileRefusedError
from tieout.connector_api.proof import Proof, ProvingReader

# Of the address space, and of processor time (a good file of 32 MiB takes a quarter of it); and of any time.
_MOST_BYTES = 2 << 30
_MOST_SECONDS = 60
_PATIENCE_SECONDS = 600
_LENGTH = struct.Struct("!I")
_ENCODER, _ITEMS = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(tuple[str, str, str, str, bytes])


class ApartReader:
    """A FileReader that lets another one read a file, elsewhere. The reader must be one that can be pickled."""

    def __init__(self, reader: FileReader, file: IO[bytes]) -> None:
        self._reader, self._file = reader, file
        self._proof = Proof()

    def proof(self, name: str, content: Any, options: Mapping[str, Any]) -> Proof:
        """What the other reader said shows that the file is whole, once its items were read."""
        return self._proof

    def read(self, name: str, content: Any, options: Mapping[str, Any]) -> Iterator[Item]:
        """The items as they are read; `content` is not looked at, the file is. Raises FileRefusedError."""
        number = self._file.fileno()
        asked = pickle.dumps((self._reader, name, dict(options), number))
        with subprocess.Popen(
            [sys.executable, "-m", "tieout.connector_api.apart"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(number,),
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(asked)
                process.stdin.close()
                yield from self._told(process.stdout, name)
            except BrokenPipeError:
                raise FileRefusedError(f"{name}: {_TOO_MUCH}") from None
            finally:
                process.kill()

    def _told(self, pipe: IO[bytes], name: str) -> Iterator[Item]:
        while True:
            head = pipe.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                # It died before it could say how it ended.
                raise FileRefusedError(f"{name}: {_TOO_MUCH}")
            kind, first, second, third, body = _ITEMS.decode(pipe.read(_LENGTH.unpack(head)[0]))
            if kind == "item":
                yield Item(first, second, third, body)
            elif kind == "done":
                self._proof = msgspec.msgpack.decode(body, type=Proof)
                return
            else:
                raise FileRefusedError(first, cause=second, recovery=third)


_TOO_MUCH = (
    f"reading it takes more than {_MOST_BYTES >> 30} GiB of memory or {_MOST_SECONDS} seconds: if it is a good file, "
    "put it into the interface's folder in smaller ones"
)


def can_be_read_apart(reader: FileReader) -> bool:
    """Whether a reader can be given to another process: one that holds a line to somewhere cannot."""
    try:
        pickle.dumps(reader)
    except Exception:  # noqa: BLE001 - pickling raises whatever an object does
        return False
    return True


def _say(kind: str, *texts: str, body: bytes = b"") -> None:
    texts = (*(t.encode("utf-8", "replace").decode() for t in texts), "", "", "")[:3]
    frame = _ENCODER.encode((kind, *texts, body))
    sys.stdout.buffer.write(_LENGTH.pack(len(frame)) + frame)


def _refused(error: FileRefusedError) -> None:
    _say("refused", str(error), error.cause, error.recovery)


def main() -> None:
    """Read the file that standard input names, and say its items."""
    reader, name, options, number = pickle.load(sys.stdin.buffer)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    signal.alarm(_PATIENCE_SECONDS)
    os.nice(5)
    try:
        with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as content:
            for item in reader.read(name, content, options):
                _say("item", item.stream, item.source_key, item.dedupe_key, body=item.body)
            proof = reader.proof(name, content, options) if isinstance(reader, ProvingReader) else Proof()
        _say("done", body=msgspec.msgpack.encode(proof))
    except FileRefusedError as error:
        _refused(error)
    except MemoryError:
        _refused(FileRefusedError(f"{name}: {_TOO_MUCH}"))
    except Exception as error:  # noqa: BLE001 - what a file does to its reader refuses the file
        _refused(
            FileRefusedError(f"{name}: it cannot be read as what it says it is ({type(error).__name__})")
        )
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
