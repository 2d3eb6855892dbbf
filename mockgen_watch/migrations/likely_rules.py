"""Takes the pools of sections; gives rules that all their values keep: dates, e-mail, codes."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.suggestion import Suggestion
from mockgen_watch.migrations.yaml_emit import flow, key_text
from mockgen_watch.spec.build.sections import split_suffix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Final

    from mockgen_watch.migrations.suggestion import ModelPools
    from mockgen_watch.spec.document import Json

_DATES: Final = (
    ("%Y-%m-%d", "ymd", "-"),
    ("%Y/%m/%d", "ymd", "/"),
    ("%m/%d/%Y", "mdy", "/"),
    ("%d/%m/%Y", "dmy", "/"),
    ("%m-%d-%Y", "mdy", "-"),
    ("%d-%m-%Y", "dmy", "-"),
)
_DIGITS: Final = {"y": 4, "m": 2, "d": 2}
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_RUN: Final = re.compile(r"([A-Z]+)|([a-z]+)|([0-9]+)|([^A-Za-z0-9])")
_SPECIAL: Final = frozenset(r"\.^$*+?()[]{}|")
_ENOUGH: Final = 3
"""From so many values on a likeness is no accident."""


def likely_rules(models: Iterable[ModelPools]) -> Iterator[Suggestion]:
    """Yield the rules of each model, one for each field whose values are alike.

    Negative sections have no say: they are there to break rules.
    """
    for one in models:
        every: dict[str, list[Json]] = {}
        for name, pools in one.sections.items():
            for key, values in pools.items() if split_suffix(name)[1] != "negative" else ():
                every.setdefault(key, []).extend(values)
        rules = [line for key, values in every.items() if (line := _line(key, values))]
        if rules:
            yield Suggestion(
                kind="rule",
                text=f"fields of {one.model} whose values have one form each: likely rules",
                lines=("$rules:", *rules),
            )


def _line(key: str, values: Sequence[Json]) -> str:
    """Return the rule of a field, as a line of YAML; ``""`` where there is none."""
    texts = {value for value in values if isinstance(value, str)}
    # A rule has no way into the elements of an array.
    is_alike = texts and len(texts) == len({canonical(value) for value in values})
    rule = _rule(texts) if is_alike and not set(key) & set("./~") else None
    if rule is None:
        return ""
    what, pattern = rule
    single = "'" + pattern.replace("'", "''") + "'"
    name = key_text(slug(key))
    return f"  {name}: {{field: {flow(key)}, schema: {{pattern: {single}}}}}  # {what}"


def _rule(texts: set[str]) -> tuple[str, str] | None:
    """Return what all of ``texts`` are, and the pattern that says so."""
    forms = [form for form, order, sign in _DATES if all(_is_date(t, order, sign) for t in texts)]
    if forms:
        order, sign = next((o, s) for form, o, s in _DATES if form == forms[0])
        parts = (f"[0-9]{{{_DIGITS[part]}}}" for part in order)
        return f"a date ({' or '.join(forms)})", f"^{sign.join(parts)}$"
    if all(_MAIL.fullmatch(text) for text in texts):
        return "an e-mail address", "^[^@ ]+@[^@ ]+[.][^@ .]+$"
    shapes = {_shape(text) for text in texts}
    if len(shapes) == 1 and len(texts) >= _ENOUGH:
        (shape,) = shapes
        if "0-9" in shape or "A-Z]{" in shape:
            return "a code of one shape", f"^{shape}$"
    return None


def _is_date(text: str, order: str, sign: str) -> bool:
    parts = text.split(sign)
    if len(parts) != len(order) or not all(part.isascii() and part.isdigit() for part in parts):
        return False
    if any(len(part) != _DIGITS[kind] for part, kind in zip(parts, order, strict=True)):
        return False
    known = {kind: int(part) for kind, part in zip(order, parts, strict=True)}
    try:
        date(known["y"], known["m"], known["d"])
    except ValueError:
        return False
    return True


def _shape(text: str) -> str:
    """Return a regular expression of the kinds and numbers of characters in ``text``."""
    parts = []
    for upper, lower, digits, other in _RUN.findall(text):
        run = upper or lower or digits or other
        sign = f"\\{other}" if other in _SPECIAL else other
        kind = "[A-Z]" if upper else "[a-z]" if lower else "[0-9]" if digits else sign
        parts.append(f"{kind}{{{len(run)}}}" if len(run) > 1 else kind)
    return "".join(parts)


def slug(key: str) -> str:
    """Return a name for a rule or a vocabulary of the field ``key``."""
    return re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-").lower() or "rule"
