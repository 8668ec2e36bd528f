"""What runs before a commit: the same by `make hooks` and by pre-commit, and nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import yaml

from .reading import ROOT

CONFIG = ROOT / ".pre-commit-config.yaml"


def test_pre_commit_runs_what_make_quick_runs_and_nothing_from_elsewhere() -> None:
    quick = re.search(r"^quick: ([a-z ]+) ##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    repositories = yaml.safe_load(CONFIG.read_text())["repos"]
    assert [r["repo"] for r in repositories] == ["local"]
    entries = [hook["entry"] for hook in repositories[0]["hooks"]]
    assert quick and entries == [f"make --no-print-directory {name}" for name in quick[1].split()]
    assert {hook["language"] for hook in repositories[0]["hooks"]} == {"system"}


def _make_hooks(clone: Path) -> subprocess.CompletedProcess[str]:
    free = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["make", "--no-print-directory", "-f", str(ROOT / "Makefile"), "hooks"],
        cwd=clone, env=free, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_make_hooks_installs_a_hook_and_leaves_anothers_alone(tmp_path: Path) -> None:
    free = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "init", "-q", str(tmp_path)], env=free, check=True)
    hook = tmp_path / ".git" / "hooks" / "pre-commit"
    for _ in range(2):  # called again it does the same
        done = _make_hooks(tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert os.access(hook, os.X_OK) and hook.read_text().endswith(
            "exec make --no-print-directory quick\n"
        )
    hook.write_text("#!/bin/sh\necho mine\n")
    done = _make_hooks(tmp_path)
    assert done.returncode != 0 and "not ours" in done.stdout
    assert hook.read_text() == "#!/bin/sh\necho mine\n"
