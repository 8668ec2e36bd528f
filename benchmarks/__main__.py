"""`python -m benchmarks [intake|pipeline|odoo|bankfiles|matching]`; all of them by default."""

from __future__ import annotations

import sys

from benchmarks import bankfiles, intake, odoo, pipeline
from benchmarks.matching import measure

ALL = {
    "intake": intake.main,
    "pipeline": pipeline.main,
    "odoo": odoo.main,
    "bankfiles": bankfiles.main,
    "matching": measure.main,
}

for name in sys.argv[1:] or ALL:
    print(f"\n## {name}", flush=True)
    ALL[name]()
