"""Files on an SFTP server: listed, fetched, never changed there."""
