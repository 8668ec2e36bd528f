"""No function, method or class that nobody names."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

from .reading import ROOT, Function, Named, declared, sources, tree_of, where

# Who calls what nobody here names. Each line goes with what it excuses.
CALLED_FROM_OUTSIDE = {
    "src/tieout/console/rendering.py": {"_EachTime._output_child_to_const"},  # jinja2.compiler
    "src/tieout/connector_api/tokens/auth.py": {"TokenAuth.auth_flow"},  # httpx2.Auth
    "src/tieout/api/protocol.py": {  # asyncio.Protocol, and httptools' callbacks
        "BoundedProtocol.connection_lost",
        "BoundedProtocol.on_message_begin",
        "BoundedProtocol.on_url",
        "BoundedProtocol.on_header",
    },
    "src/tieout/formats/camt/walking.py": {"Walker._text_or_code"},  # by the table's word: _{how}
    "src/tieout/formats/tables/reading.py": {"_Raw.readinto"},  # io.RawIOBase
    "src/tieout_sandbox/simulators/procurement.py": {  # by the form's name: export_{form}
        "ProcurementTool.export_suppliers",
        "ProcurementTool.export_orders",
        "ProcurementTool.export_receipts",
    },
    "src/tieout_sandbox/simulators/sftp.py": {  # paramiko's server interface
        "_Folder.list_folder",
        "_Login.check_auth_password",
        "_Login.check_auth_publickey",
        "_Login.get_allowed_auths",
        "_Login.check_channel_request",
    },
    "src/tieout_sandbox/simulators/smtp.py": {
        "MailServer.handle_DATA",
        "MailServer.handle_RCPT",
    },  # aiosmtpd's handler
}

# Decorators that leave a function to be called by name. Any other hands it to whoever calls it: a route, a command.
KEEPS_ITS_NAME = {
    "abstractmethod",
    "asynccontextmanager",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
    "dataclass",
    "final",
    "lru_cache",
    "overload",
    "override",
    "property",
    "runtime_checkable",
    "staticmethod",
    "total_ordering",
}

DOTTED = re.compile(r"[A-Za-z_][\w.:]*")
WORD = re.compile(r"\w+")


def _names(tree: ast.AST) -> Counter[str]:
    """Every use of a name: bare, as an attribute, or as a text of its own (`getattr`, a path to be imported).

    That a name is imported or listed in `__all__` is no use of it.
    """
    listed: set[int] = set()
    for node in tree.body if isinstance(tree, ast.Module) else ():
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            listed.update(id(inner) for inner in ast.walk(node.value))
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if id(node) in listed:
            continue
        if isinstance(node, ast.Name):
            found[node.id] += 1
        elif isinstance(node, ast.Attribute):
            found[node.attr] += 1
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.fullmatch(node.value):
            found[re.split("[.:]", node.value)[-1]] += 1
        elif isinstance(node, ast.ImportFrom):
            found.update(alias.name for alias in node.names if alias.asname not in (None, alias.name))
    return found


@cache
def _uses() -> Counter[str]:
    """Every use of a name in what is shipped."""
    found: Counter[str] = Counter()
    for path in sources("src"):
        found.update(_names(tree_of(path)))
    for path in (ROOT / "src").rglob("*.html"):
        found.update(WORD.findall(path.read_text()))
    found.update(WORD.findall((ROOT / "pyproject.toml").read_text()))
    return found


@cache
def _wanted() -> frozenset[str]:
    """What is declared in src and not named there: it is looked for beside it, and all else need not be."""
    return frozenset(
        node.name
        for path in sources("src")
        for _, node in declared(path)
        if not node.name.startswith("__") and not _handed_on(node) and _uses()[node.name] <= _of_its_own(node)
    )


@cache
def _uses_beside() -> Counter[str]:
    """Uses of what is wanted in tests, benchmarks and what deploys: only files with such a word are read as Python."""
    found: Counter[str] = Counter()
    for path in sources("tests", "benchmarks", "deploy"):
        # The list above is no use.
        if path != Path(__file__) and not _wanted().isdisjoint(
            WORD.findall(path.read_text(encoding="utf-8"))
        ):
            found.update(_names(tree_of(path)))
    return found


def _of_its_own(node: Named) -> int:
    """How often it names itself, which is no use of it."""
    return _names(node)[node.name] if isinstance(node, Function) else 0


def _handed_on(node: Named) -> bool:
    for decorator in node.decorator_list:
        name = ast.unparse(decorator).partition("(")[0]
        if name.rpartition(".")[2] not in KEEPS_ITS_NAME and not name.endswith(".setter"):
            return True
    return False


def _unnamed(path: Path) -> set[str]:
    """What this file declares and nobody names; what names only itself is not named."""
    return {
        name
        for name, node in declared(path)
        if node.name in _wanted()
        and not _handed_on(node)
        and _uses()[node.name] + _uses_beside()[node.name] <= _of_its_own(node)
    }


def test_every_function_is_named_somewhere() -> None:
    dead = {
        f"{where(path)}: {name}"
        for path in sources("src")
        for name in _unnamed(path) - CALLED_FROM_OUTSIDE.get(where(path), set())
    }
    assert not dead, (
        f"nobody names these: delete them, or say in CALLED_FROM_OUTSIDE who calls them: {sorted(dead)}"
    )


def test_nothing_is_excused_that_needs_no_excuse() -> None:
    for path, names in CALLED_FROM_OUTSIDE.items():
        assert (ROOT / path).exists(), f"{path} is gone: take it out of the list"
        assert names == names & _unnamed(ROOT / path), (
            f"{path}: {names - _unnamed(ROOT / path)} is named now, or gone"
        )
