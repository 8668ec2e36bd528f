"""By what a project tells people: a mail server, webhooks, a bot of Slack whose token is a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tieout.settings.alerts import SLACK_URL, AlertSettings, read_alerts
from tieout.settings.tomlfile import ProjectError, TomlFile


def read(folder: Path, text: str) -> AlertSettings:
    path = folder / "tieout.toml"
    path.write_text(f"[alerts]\n{text}\n", encoding="utf-8")

    def secret(section: str, key: str, value: Any) -> Any:
        return f"what {value} holds" if value else value

    return read_alerts(TomlFile(path, folder), secret)


def test_without_a_token_nobody_is_written_to_in_slack(tmp_path: Path) -> None:
    found = read(tmp_path, "")
    assert (found.slack_token, found.slack_url, found.smtp) == ("", SLACK_URL, "")


def test_the_token_is_a_secret_and_the_api_may_be_elsewhere(tmp_path: Path) -> None:
    found = read(tmp_path, 'slack_token = "env:SLACK_BOT_TOKEN"\nslack_url = "https://slack-gov.com/api/"')
    assert (
        found.slack_token == "what env:SLACK_BOT_TOKEN holds"
        and found.slack_url == "https://slack-gov.com/api"
    )


@pytest.mark.parametrize(
    "url",
    ["slack.com/api", "ftp://slack.com", "https://", "https://slack.com/api?x=1", "https://slack.com/#a"],
)
def test_what_is_no_address_of_an_api_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ProjectError, match="is no address, such as https"):
        read(tmp_path, f'slack_url = "{url}"')


def test_mail_to_people_needs_a_server_and_a_known_way_to_encrypt(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="mail needs a server"):
        read(tmp_path, 'to = ["a@b.example"]')
    with pytest.raises(ProjectError, match="none of starttls"):
        read(tmp_path, 'smtp = "mail.example.com"\nsmtp_tls = "ssl"')
