"""Takes WORKLOAD COUNT OUT; writes records by random.choice and the json module."""

from __future__ import annotations

from json import JSONEncoder
from pathlib import Path

from by_choice import make_claim, make_pools
from shape import read_arguments

claims, count, out = read_arguments()
make = make_claim if claims else make_pools
# Made once: json.dumps with separators makes an encoder for every record.
encode = JSONEncoder(separators=(",", ":")).encode
with Path(out).open("w", encoding="utf-8") as file:
    file.writelines(encode(make()) + "\n" for _ in range(count))
