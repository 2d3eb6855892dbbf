"""Takes WORKLOAD COUNT OUT; writes records by jsf from the workload's JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path

from jsf import JSF
from lines import write_records
from shape import read_arguments

claims, count, out = read_arguments()
name = "claims.schema.json" if claims else "pools.schema.json"
schema = json.loads((Path(__file__).parent.parent / "workloads" / name).read_text("utf-8"))
generator = JSF(schema)
write_records(out, (generator.generate() for _ in range(count)))
