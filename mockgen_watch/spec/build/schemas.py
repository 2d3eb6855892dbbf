"""Keywords of the JSON Schema of a rule: what is misspelt, of another draft, or checks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.reader import Build, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.document import Document

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

_SCHEMAS: Final = frozenset([
    "items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "contains",
    "propertyNames", "not", "if", "then", "else", "contentSchema",
])  # fmt: skip
"""Keywords that take one schema."""

_LISTS: Final = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
_MAPPINGS: Final = frozenset(["properties", "patternProperties", "dependentSchemas", "$defs"])

_OTHERS: Final = frozenset([
    "$schema", "$id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$comment",
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
    "maxContains", "minContains", "maxProperties", "minProperties", "required",
    "dependentRequired", "title", "description", "default", "deprecated", "readOnly", "writeOnly",
    "examples", "format", "contentEncoding", "contentMediaType",
])  # fmt: skip
KEYWORDS: Final = _SCHEMAS | _LISTS | _MAPPINGS | _OTHERS
"""Those of draft 2020-12: core, applicator, validation, meta-data, format and content."""

_EARLIER: Final = {
    "definitions": "$defs",
    "dependencies": "dependentRequired or dependentSchemas",
    "additionalItems": "items, beside prefixItems",
    "id": "$id",
}
"""Keywords of earlier drafts, and what they are called now."""

_LOST: Final = frozenset(["dependencies", "additionalItems"])
"""Those of them that do not check what they did; ``definitions`` is only ever referred to."""


def check_keywords(schema: Entry) -> None:
    """Warn of keywords of ``schema``, at any depth, that check nothing; refuse another draft."""
    for keyword in schema.members():
        key = keyword.key
        if key == "$schema" and (keyword.text or "").rstrip("#") != DRAFT:
            hint = "remove $schema, and write the schema for draft 2020-12"
            keyword.error("MG217", "this JSON Schema states another draft than 2020-12", hint)
        elif key == "format":
            hint = "use a pattern; in draft 2020-12, format is only an annotation"
            keyword.key_warn("MG217", '"format" in a JSON Schema checks nothing', hint)
        elif key in _EARLIER:
            message = f'"{key}" belongs to an earlier draft and checks nothing'
            keyword.key_warn("MG217", message, f"draft 2020-12 has {_EARLIER[key]}")
        elif key not in KEYWORDS:
            hint = did_you_mean(key, KEYWORDS) or "it checks nothing"
            keyword.key_warn("MG217", f'unknown keyword "{key}" in a JSON Schema', hint)
        for part in _parts(keyword):
            check_keywords(part)


def check_contract(document: Document) -> list[Diagnostic]:
    """Return what is likely wrong with the keywords of a schema in a file of its own.

    Others use such a file as well, so that it may state an earlier draft, and have formats and
    keywords that only they know. Formats are reported once.
    """
    if document.root is None:
        return []
    build = Build(document)
    formats: list[Entry] = []
    waiting = [Entry(build=build, node=document.root)]
    while waiting:
        for keyword in waiting.pop().members():
            key = keyword.key
            if key == "format":
                formats.append(keyword)
            elif key in _LOST:
                message = f'"{key}" is of an earlier draft, and checks nothing'
                keyword.key_warn("MG217", message, f"draft 2020-12 has {_EARLIER[key]}")
            elif key == "definitions":
                waiting += keyword.members()
            elif key not in KEYWORDS and (hint := did_you_mean(key, KEYWORDS)):
                keyword.key_warn("MG217", f'a JSON Schema has no "{key}"', hint)
            waiting += _parts(keyword)
    if formats:
        first = min(formats, key=lambda one: one.key_location)
        more = len(formats) - 1
        others = f", here and in {more} more {'place' if more == 1 else 'places'}" if more else ""
        hint = "state a pattern; a format is a remark in draft 2020-12"
        first.key_warn("MG217", f"the format of a JSON Schema checks nothing{others}", hint)
    return build.diagnostics.sorted()


def _parts(keyword: Entry) -> Iterator[Entry]:
    """Yield the schemas that a keyword takes."""
    if keyword.key in _SCHEMAS:
        yield keyword
    elif keyword.key in _LISTS and keyword.is_list:
        yield from keyword.items()
    elif keyword.key in _MAPPINGS and keyword.is_mapping:
        yield from keyword.members()
