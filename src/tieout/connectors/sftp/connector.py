"""The declaration of the SFTP connector: files for the interface that `[fetch]` names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tieout.connector_api import ConfigField, Connector, SystemConfig, Verified

if TYPE_CHECKING:
    from tieout.connectors.sftp.client import SftpFolder


def open_session(config: SystemConfig) -> SftpFolder:
    """A folder on a server. SSH is imported with the first one: every process declares this connector, few use it."""
    from tieout.connectors.sftp.client import open_session as opened

    return opened(config)


CONNECTOR = Connector(
    name="sftp",
    title="Files on an SFTP server",
    version="1",
    config=(
        ConfigField("host", "the server"),
        ConfigField("port", "its port", required=False, default="22"),
        ConfigField("user", "log-in name"),
        ConfigField("host_key", "the server's public key, such as: ssh-ed25519 AAAA…"),
        ConfigField("key", "the private key (OpenSSH)", secret=True, required=False),
        ConfigField("password", "the password, or the private key's", secret=True, required=False),
        ConfigField("folder", "the folder with the files", required=False, default="."),
    ),
    open=open_session,
    can=("fetch",),
    verified=(
        Verified(
            date(2026, 11, 30),
            "servers with RSA, ECDSA and Ed25519 keys at once, each of them pinned",
            "github:paramiko/paramiko issues 350, 2411",
        ),
    ),
    not_covered=(
        "certificates of hosts",
        "fingerprints instead of the key itself",
        "anything that changes a file there",
    ),
    limits="files of at most 256 MiB; nothing is changed or deleted there",
)
