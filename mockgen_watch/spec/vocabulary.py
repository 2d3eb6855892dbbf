"""Takes the text of a vocabulary file; gives its Pool. Also tells which ones a spec names.

Forms, in JSON or YAML: a list of values; ``$values`` with such a list; ``$weighted`` with a mapping
value → weight or pairs [value, weight]; a list of mappings (rows), each with ``$weight`` and
``$id`` if it likes. ``$comment`` may stand beside ``$values`` and ``$weighted``. A text file holds
one value a line; blanks around it and empty lines do not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.spec.build.names import is_directive
from mockgen_watch.spec.build.pools import pool_of_rows, pool_of_values, pool_of_weights
from mockgen_watch.spec.build.reader import Report, Site, kind_of
from mockgen_watch.spec.build.shapes import report_unknown
from mockgen_watch.spec.document import Document, MappingNode, Mark, Scalar, SequenceNode, walk

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import Node
    from mockgen_watch.spec.generators import Pool

VOCABULARY_ENDINGS: Final = (".yaml", ".yml", ".json", ".txt")
"""The files that may be vocabularies; ``.txt`` goes to ``read_lines``, the others to ``parse``."""

_FORMS: Final = ("$values", "$weighted", "$schema", "$comment")
_AS_IT_STANDS: Final = frozenset({"$const", "$choice", "$weighted", "$rules", "$exclude"})


def build_vocabulary(document: Document) -> tuple[Pool | None, list[Diagnostic]]:
    """Return the pool of a vocabulary, None when it has errors, and everything that was found."""
    if document.root is None:
        return None, []
    report = Report()
    site = Site(document=document, node=document.root)
    pool = _pool(site, report)
    return (None if report.failed else pool), report.diagnostics()


def vocabulary_names(document: Document) -> set[tuple[str, Location]]:
    """Return the vocabularies that a user_input or a master names, each with its place."""
    if document.root is None:
        return set()
    return {
        (node.value, document.locate(node.mark, pointer))
        for pointer, node in _named(document.root)
        if isinstance(node, Scalar) and isinstance(node.value, str)
    }


def read_lines(path: str, data: bytes) -> Document:
    """Return a text file as a document: the list of its lines."""
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        broken = data.count(b"\n", 0, error.start) + 1
        found = Diagnostic(
            code="MG101",
            message=f"byte {error.start} is not UTF-8",
            location=Location(path=path, line=broken),
            hint="save the file as UTF-8",
        )
        return Document(path=path, text="", root=None, diagnostics=(found,))
    items: list[Node] = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        value = line.strip()
        if value:
            column = line.index(value)
            begin = start + column
            mark = Mark(line=number, column=column + 1, start=begin, end=begin + len(value))
            items.append(Scalar(value=value, mark=mark))
        start += len(line) + 1
    whole = Mark(line=1, column=1, start=0, end=len(text))
    return Document(path=path, text=text, root=SequenceNode(items=tuple(items), mark=whole))


def _named(root: Node) -> list[tuple[str, Node]]:
    """Return the nodes under ``$vocab`` keys, but not those inside of values as they stand."""
    found: list[tuple[str, Node]] = []
    skipped: list[str] = []
    for pointer, node in walk(root):
        if not isinstance(node, MappingNode):
            continue
        if any(f"{pointer}/".startswith(above) for above in skipped):
            continue
        for member in node.members:
            if member.key == "$vocab":
                found.append((f"{pointer}/$vocab", member.node))
            elif member.key in _AS_IT_STANDS:
                skipped.append(f"{pointer}/{member.key}/")
    return found


def _pool(site: Site, report: Report) -> Pool | None:
    if site.is_list:
        return _list(site, report)
    if not site.is_mapping:
        message = f"a vocabulary is a list or has $values or $weighted, not {kind_of(site.node)}"
        report.error("MG219", site, message)
        return None
    for member in site.members():
        if not is_directive(member.key):
            message = f'"{member.key}" has no meaning in a vocabulary'
            report.error("MG219", member.key_location, message, "values stand under $values")
        elif member.key not in _FORMS:
            report_unknown(member, _FORMS, report)
    values, weighted = site.get("$values"), site.get("$weighted")
    if values is not None and weighted is not None:
        message = "$weighted cannot stand beside $values"
        report.error("MG204", weighted.key_location, message)
    if values is not None:
        return _list(values, report)
    if weighted is not None:
        return pool_of_weights(weighted, report)
    if not report.failed:
        report.error("MG205", site, "a vocabulary needs $values or $weighted")
    return None


def _list(site: Site, report: Report) -> Pool | None:
    items = site.items()
    if items and all(item.is_mapping for item in items):
        return pool_of_rows(site, report)
    return pool_of_values(site, report)
