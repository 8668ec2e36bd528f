"""SFTP on the wire: one folder, read only, behind a pinned host key."""

from __future__ import annotations

import base64
import io
import socket
import stat

import paramiko

from tieout.connector_api import RemoteFile, SetupError, SystemConfig, TransientError

LARGEST = 256 << 20
_TIMEOUT_S = 20
_RSA = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")


def open_session(config: SystemConfig) -> SftpFolder:
    """A session for one folder of one server, by password or private key, with the host key pinned. No line
    is opened yet."""
    return SftpFolder(
        host=config.text("host"),
        port=int(config.text("port", "22") or 22),
        user=config.text("user"),
        password=config.text("password"),
        key=config.text("key"),
        host_key=config.text("host_key"),
        folder=config.text("folder", "."),
    )


class SftpFolder:
    """RemoteFolder over one connection, opened anew when it was lost."""

    def __init__(
        self, *, host: str, port: int, user: str, password: str, key: str, host_key: str, folder: str
    ) -> None:
        self._host, self._port, self._user, self._folder = host, port, user, folder
        self._password, self._key, self._host_key = password, key, host_key
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    def check(self) -> str:
        """What this is, in a line; SetupError where it is not usable, naming what to do."""
        return f"SFTP {self._host}, {len(self.list_files())} files in {self._folder}"

    def list_files(self) -> list[RemoteFile]:
        """The folder's plain files. Raises TransientError, SetupError."""
        client = self._connected()
        try:
            found = client.listdir_attr(self._folder)
        except (OSError, paramiko.SSHException, EOFError) as error:
            raise self._failed(error, f"cannot list {self._folder}") from None
        return [
            RemoteFile(entry.filename, f"{entry.st_size}:{entry.st_mtime}")
            for entry in sorted(found, key=lambda e: (e.st_mtime or 0, e.filename))
            # A name that begins with a dot is how senders hide a file that they are still writing.
            if stat.S_ISREG(entry.st_mode or 0) and not entry.filename.startswith(".")
        ]

    def fetch(self, name: str) -> bytes:
        """A file's bytes. Raises TransientError, SetupError."""
        client = self._connected()
        path = f"{self._folder.rstrip('/')}/{name}"
        try:
            size = client.stat(path).st_size or 0
            if size > LARGEST:
                raise SetupError(f"{name} has {size} bytes, more than {LARGEST}: take it in by hand")
            with client.open(path, "rb") as file:
                # It may have grown since it was looked at.
                content = file.read(LARGEST + 1)
        except (OSError, paramiko.SSHException, EOFError) as error:
            raise self._failed(error, f"cannot read {name}") from None
        if len(content) > LARGEST:
            raise SetupError(f"{name} grew beyond {LARGEST} bytes while it was read: take it in by hand")
        return bytes(content)

    def close(self) -> None:
        """Close the line. The next call opens another."""
        if self._transport is not None:
            self._transport.close()
        self._transport = self._client = None

    def _connected(self) -> paramiko.SFTPClient:
        if self._client is not None and self._transport is not None and self._transport.is_active():
            return self._client
        self.close()
        try:
            connection = socket.create_connection((self._host, self._port), _TIMEOUT_S)
            self._transport = paramiko.Transport(connection)
            self._transport.banner_timeout = self._transport.auth_timeout = _TIMEOUT_S
            self._ask_for_pinned_type()
            self._transport.start_client(timeout=_TIMEOUT_S)
            self._check_host()
            self._log_in()
            client = paramiko.SFTPClient.from_transport(self._transport)
        except paramiko.AuthenticationException:
            self.close()
            raise SetupError(
                f"SFTP {self._host} refuses user {self._user!r}: check its key or password"
            ) from None
        except paramiko.ssh_exception.IncompatiblePeer as error:
            self.close()
            raise SetupError(
                f"SFTP {self._host} and this client agree on nothing ({error}): host_key pins a key of the type "
                f"{self._pinned_type!r}; ask the bank which keys its server has"
            ) from None
        except (OSError, paramiko.SSHException, EOFError) as error:
            self.close()
            raise TransientError(f"SFTP {self._host}: {error!r}") from None
        if client is None:
            self.close()
            raise TransientError(f"SFTP {self._host}: no channel was opened")
        channel = client.get_channel()
        assert channel is not None
        channel.settimeout(_TIMEOUT_S)
        self._client = client
        return client

    @property
    def _pinned_type(self) -> str:
        return (self._host_key.split() or [""])[0]

    def _ask_for_pinned_type(self) -> None:
        """A server with several keys shows the one that is asked for first: the pinned one's type is the only one that
        is. An RSA key signs by SHA-2 under names of its own (RFC 8332)."""
        assert self._transport is not None
        options, pinned = self._transport.get_security_options(), self._pinned_type
        wanted = _RSA if pinned in _RSA else (pinned,)
        known = tuple(kind for kind in wanted if kind in options.key_types)
        if not known:
            self.close()
            raise SetupError(
                f"host_key of SFTP {self._host} begins with {pinned[:40]!r}: the type of a key was expected, "
                f"one of {', '.join(options.key_types)}, then its base64"
            )
        options.key_types = known

    def _check_host(self) -> None:
        """Nobody else's server: its key is the one that the project names."""
        assert self._transport is not None
        key = self._transport.get_remote_server_key()
        shown = f"{key.get_name()} {base64.b64encode(key.asbytes()).decode()}"
        if " ".join(self._host_key.split()[:2]) != shown:
            self.close()
            raise SetupError(
                f"SFTP {self._host} shows another host key ({shown[:60]}…): ask the bank for its key "
                f"and put it into tieout.toml as host_key"
            )

    def _log_in(self) -> None:
        assert self._transport is not None
        if not self._key:
            self._transport.auth_password(self._user, self._password)
            return
        self._transport.auth_publickey(self._user, self._private_key())

    def _private_key(self) -> paramiko.PKey:
        for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
            try:
                return kind.from_private_key(io.StringIO(self._key + "\n"), self._password or None)
            except (paramiko.SSHException, ValueError):
                continue
        raise SetupError(
            f"the private key for {self._host} cannot be read: an Ed25519, ECDSA or RSA key in OpenSSH's "
            f"format was expected, with its password if it has one"
        )

    def _failed(self, error: Exception, what: str) -> TransientError | SetupError:
        if isinstance(error, FileNotFoundError | PermissionError):
            return SetupError(f"SFTP {self._host}: {what}: {error}")
        self.close()
        return TransientError(f"SFTP {self._host}: {what}: {error!r}")
