"""`make client`: the table of operations by which the client calls them, from the API's description."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from tieout.api.v1.application import ROUTERS


def description() -> dict[str, Any]:
    """The API's description, without a database behind it."""
    app = FastAPI(generate_unique_id_function=lambda route: route.name)
    for router in ROUTERS:
        app.include_router(router)
    return app.openapi()


def table() -> str:
    """`operations.json`: an operation a line, by its name."""
    rows = {}
    for path, methods in description()["paths"].items():
        for method, told in methods.items():
            asked = [p for p in told.get("parameters", ()) if p["in"] == "query"]
            row = {"method": method.upper(), "path": path}
            row |= {"query": [p["name"] for p in asked]} if asked else {}
            row |= {"needs": needs} if (needs := [p["name"] for p in asked if p.get("required")]) else {}
            row |= {"body": True} if "requestBody" in told else {}
            rows[told["operationId"]] = row
    return "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(rows[k])}" for k in sorted(rows)) + "\n}\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(table(), encoding="utf-8")
