"""An SFTP server over a folder of this machine, as its clients see it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import paramiko
from paramiko import common, sftp

from tieout_sandbox.simkit import NONE, Faults


class SftpServer:
    """Serves `folder` to one user, by password or by the key whose base64 is `known`. `keys` are the
    server's own, by default one of ECDSA; `host_key` is the first of them; `faults` may refuse connections."""

    name = "sftp"

    def __init__(
        self,
        folder: Path,
        *,
        user: str,
        password: str,
        faults: Faults | None = None,
        keys: Sequence[paramiko.PKey] = (),
    ) -> None:
        self.folder, self.user, self.password = folder, user, password
        self.faults = faults or Faults(NONE, 0)
        self.logins, self.known = 0, ""
        self._keys = keys or (paramiko.ECDSAKey.generate(),)
        self._listener: socket.socket | None = None
        self._transports: list[paramiko.Transport] = []

    @property
    def host_key(self) -> str:
        """The key to pin, as a line of known_hosts without its host: algorithm and base64."""
        return f"{self._keys[0].get_name()} {self._keys[0].get_base64()}"

    def start(self, port: int) -> None:
        """Listen on loopback; each line is served by a thread of its own."""
        self._listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, name="sftp", daemon=True).start()

    def _accept(self) -> None:
        while self._listener is not None:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.faults.strikes("server_error"):
                connection.close()
                continue
            transport = paramiko.Transport(connection)
            for key in self._keys:
                transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, self)
            self._transports.append(transport)
            try:
                transport.start_server(server=_Login(self))
            except (paramiko.SSHException, EOFError):
                transport.close()

    def cut(self) -> None:
        """Cut every connection, as a network does."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def stop(self) -> None:
        """Listen no more, and cut every open line."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.cut()


class _Login(paramiko.ServerInterface):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def check_auth_password(self, username: str, password: str) -> int:
        if (username, password) != (self._server.user, self._server.password):
            return common.AUTH_FAILED
        self._server.logins += 1
        return common.AUTH_SUCCESSFUL

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = (username, key.get_base64()) == (self._server.user, self._server.known)
        return common.AUTH_SUCCESSFUL if known else common.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return common.OPEN_SUCCEEDED


class _Folder(paramiko.SFTPServerInterface):
    """Read only: whoever writes is refused."""

    def __init__(self, server: Any, store: SftpServer, *rest: Any) -> None:
        super().__init__(server, *rest)
        self._root = store.folder

    def _path(self, path: str) -> Path:
        return self._root / path.lstrip("/.")

    def list_folder(self, path: str) -> Any:
        found = []
        if not self._path(path).is_dir():
            return sftp.SFTP_NO_SUCH_FILE
        for entry in sorted(self._path(path).iterdir()):
            attributes = paramiko.SFTPAttributes.from_stat(entry.stat())
            attributes.filename = entry.name
            found.append(attributes)
        return found

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return sftp.SFTP_PERMISSION_DENIED
        try:
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = self._path(path).open("rb")  # type: ignore[attr-defined]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return handle
