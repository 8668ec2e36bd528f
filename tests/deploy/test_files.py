"""What deploys Tieout: each file by the linter of its kind, and against the commands and addresses that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.commands import run_tieout
from tieout.api.bodies import Limits

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


def test_the_proxy_of_compose_is_the_only_one_whose_word_is_taken() -> None:
    path = DEPLOY / "compose.proxy.yaml"
    lint(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(path))
    told = yaml.safe_load(path.read_text())
    address = told["services"]["proxy"]["networks"]["default"]["ipv4_address"]
    assert told["services"]["tieout"]["environment"] == {"FORWARDED_ALLOW_IPS": address}
    (network,) = told["networks"]["default"]["ipam"]["config"]
    assert ip_address(address) in ip_network(network["subnet"])
    assert ip_address(address) not in ip_network(network["ip_range"])
    (shown,) = (v.split(":")[0] for v in told["services"]["proxy"]["volumes"] if "Caddyfile" in v)
    assert (DEPLOY / shown).is_file()


def test_proxies_pass_the_name_on_and_let_through_what_tieout_takes() -> None:
    """The same two figures as of the server: 32 MiB of a file, and a stream of events that ends after an hour at most."""
    nginx = (DEPLOY / "proxy/nginx.conf").read_text()
    ingress = yaml.safe_load((DEPLOY / "kubernetes/ingress.yaml").read_text())
    annotations = ingress["metadata"]["annotations"]
    assert Limits().upload_bytes == 32 * 1024 * 1024
    assert "client_max_body_size 32m;" in nginx
    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == "32m"
    for name in ("Caddyfile", "compose.Caddyfile"):
        text = (DEPLOY / "proxy" / name).read_text()
        assert "max_size 32MiB" in text and re.search(
            r"reverse_proxy (127\.0\.0\.1|tieout):8080$", text, re.M
        )
    places = re.findall(r"location (.+?) \{(.*?)\n    \}", nginx, re.DOTALL)
    assert {where for where, _ in places} == {"/", "= /api/v1/events"}
    for _, said in places:
        assert "proxy_set_header Host $host;" in said and "proxy_pass http://127.0.0.1:8080;" in said
        assert "proxy_set_header X-Forwarded-For $remote_addr;" in said
    assert "proxy_buffering off;" in dict(places)["= /api/v1/events"]


def test_the_manifests() -> None:
    path = DEPLOY / "kubernetes/tieout.yaml"
    for each in ("tieout.yaml", "ingress.yaml", "shell.yaml"):
        lint(str(BIN / "kubernetes-validate"), "--strict", str(DEPLOY / "kubernetes" / each))
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
@pytest.mark.parametrize("name", ["tieout.service", "tieout-backup.service", "tieout-backup.timer"])
def test_the_unit(name: str, tmp_path: Path) -> None:
    for other in (DEPLOY / "systemd").iterdir():
        (tmp_path / other.name).write_text(other.read_text())
    unit = (DEPLOY / "systemd" / name).read_text()
    # The program and its user are not on this machine: something else that is stands for them.
    there = re.sub(r"^ExecStart=/opt\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE)
    there = re.sub(r"^(User|Group)=.*$", r"\1=root", there, flags=re.MULTILINE)
    (tmp_path / name).write_text(there)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    mine = [x for x in done.stderr.splitlines() if name in x]
    assert mine == [] and "Unknown" not in done.stderr


def test_the_shell_has_what_workers_have_and_the_ingress_leads_to_the_service() -> None:
    folder = DEPLOY / "kubernetes"
    documents = list(yaml.safe_load_all((folder / "tieout.yaml").read_text()))
    (worker,) = (d for d in documents if d["metadata"]["name"] == "tieout-worker")
    (service,) = (d for d in documents if d["kind"] == "Service")
    shell = yaml.safe_load((folder / "shell.yaml").read_text())
    there, here = worker["spec"]["template"]["spec"], shell["spec"]
    for key in ("volumes", "securityContext"):
        assert here[key] == there[key]
    for key in ("image", "envFrom", "securityContext", "volumeMounts"):
        assert here["containers"][0][key] == there["containers"][0][key]
    # The service's pods are told apart by labels that the shell does not have: nobody is sent there.
    assert not service["spec"]["selector"].items() <= shell["metadata"]["labels"].items()
    ingress = yaml.safe_load((folder / "ingress.yaml").read_text())
    (rule,) = ingress["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] in {p["name"] for p in service["spec"]["ports"]}


def test_commands_reach_the_embedded_database_of_the_unit() -> None:
    """Its socket lies below /tmp: a unit with a /tmp of its own would hide it from whoever calls a command."""
    for name in ("tieout.service", "tieout-backup.service"):
        unit = (DEPLOY / "systemd" / name).read_text()
        assert not re.search(r"^PrivateTmp=(yes|true|1|disconnected)", unit, re.MULTILINE)
    writes = re.findall(
        r"^ReadWritePaths=(.+)$", (DEPLOY / "systemd/tieout.service").read_text(), re.MULTILINE
    )
    # ProtectSystem=strict leaves only what is named to be written.
    assert "/tmp" in " ".join(writes).split()


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
