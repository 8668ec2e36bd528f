"""What deploys Tieout: each file by the linter of its kind, and against the commands and addresses that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.commands import run_tieout

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent


def lint(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_container_file() -> None:
    lint(str(BIN / "hadolint"), str(DEPLOY / "container/Containerfile"))
    text = (DEPLOY / "container/Containerfile").read_text()
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / part).exists() for part in source.split()), source
    assert "USER 10001" in text and "--require-hashes" in text


def test_the_compose_file() -> None:
    path = DEPLOY / "compose.yaml"
    lint(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(path))
    services = yaml.safe_load(path.read_text())["services"]
    assert set(services) == {"postgres", "odoo_postgres", "odoo", "tieout"}
    assert (
        DEPLOY / services["tieout"]["build"]["context"] / services["tieout"]["build"]["dockerfile"]
    ).is_file()
    # Nothing is reachable from other machines before somebody puts a certificate in front.
    assert all(p.startswith("127.0.0.1:") for s in services.values() for p in s.get("ports", []))


def test_the_manifests() -> None:
    path = DEPLOY / "kubernetes/tieout.yaml"
    lint(str(BIN / "kubernetes-validate"), "--strict", str(path))
    documents: list[Any] = list(yaml.safe_load_all(path.read_text()))
    containers = [
        c for d in documents if d["kind"] == "Deployment" for c in d["spec"]["template"]["spec"]["containers"]
    ]
    assert {c["name"] for c in containers} == {"serve", "worker"}
    assert all(c["securityContext"]["readOnlyRootFilesystem"] for c in containers)
    server = (ROOT / "src/tieout/api/server.py").read_text()
    for container in containers:
        for probe in ("readinessProbe", "livenessProbe"):
            if probe in container:
                assert f'"{container[probe]["httpGet"]["path"]}"' in server


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "systemd/tieout.service").read_text()
    # The program and its user are not on this machine: something else that is stands for them.
    there = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE)
    there = re.sub(r"^(User|Group)=.*$", r"\1=root", there, flags=re.MULTILINE)
    (tmp_path / "tieout.service").write_text(there)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "tieout.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    mine = [x for x in done.stderr.splitlines() if "tieout.service" in x]
    assert mine == [] and "Unknown" not in done.stderr


def test_every_command_that_they_start_exists() -> None:
    started = {"up", "serve", "worker", "init"}
    text = "\n".join(
        p.read_text()
        for p in DEPLOY.rglob("*")
        if p.suffix in (".yaml", ".service") or p.name == "Containerfile"
    )
    for name in started:
        assert name in text
    listed = run_tieout("--help").stdout
    assert all(re.search(rf"\b{name}\b", listed) for name in started)
