"""Takes the source of a plugin; gives it installed: a module, and metadata as pip writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LUHN = '''\
class Luhn:
    def __init__(self, params):
        unknown = set(params) - {"length"}
        if unknown:
            raise ValueError(f"it takes length, not {min(unknown)}")
        self._length = params.get("length")

    def why(self, value):
        if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
            return "this is not made of digits"
        if self._length not in (None, len(value)):
            return f"{value} has not {self._length} digits"
        doubled = (int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(value)))
        total = sum(number - 9 * (number > 9) for number in doubled)
        return "" if total % 10 == 0 else f"{value} has a wrong check digit"

    def faults(self, value):
        yield "check-digit", value[:-1] + str((int(value[-1]) + 1) % 10)


class Total:
    """The parts of a record are its total."""

    def __init__(self, params):
        pass

    def why(self, value):
        parts = value.get("PARTS") if isinstance(value, dict) else None
        if not isinstance(parts, list) or not all(isinstance(part, int) for part in parts):
            return "there are no parts"
        return "" if sum(parts) == value.get("TOTAL") else "the parts are not the total"

    def faults(self, value):
        yield "off-total", value["PARTS"][0] + 1, ("PARTS", 0)
'''


def install(
    site: Path,
    source: str = LUHN,
    *,
    rules: dict[str, str] | None = None,
    name: str = "acme-rules",
    version: str = "1.0",
) -> None:
    """Install a package with one module ``source`` into ``site``; an older one is replaced."""
    module = name.replace("-", "_")
    site.mkdir(parents=True, exist_ok=True)
    (site / f"{module}.py").write_text(source, encoding="utf-8")
    about = site / f"{module}-1.dist-info"
    about.mkdir(exist_ok=True)
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (about / "METADATA").write_text(text, encoding="utf-8")
    offered = {"luhn": f"{module}:Luhn", "total": f"{module}:Total"} if rules is None else rules
    lines = "".join(f"{rule} = {value}\n" for rule, value in offered.items())
    (about / "entry_points.txt").write_text(f"[mockgen_watch.rules]\n{lines}", encoding="utf-8")
