"""How long a page is waited for: on a machine with much else to do, longer than a person would. No test asserts a time."""

from __future__ import annotations

from playwright.sync_api import expect

expect.set_options(timeout=60_000)
