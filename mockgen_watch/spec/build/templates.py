"""Takes the site of ``$template`` or ``$ref``; gives its generator, with paths from the top."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.spec.build.names import PathError, parse_field, parse_path
from mockgen_watch.spec.build.scalars import read_field, read_params, read_text
from mockgen_watch.spec.generators import Reference, Template, TemplatePart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.spec.build.job import Scope
    from mockgen_watch.spec.build.site import Report, Site

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


class _TemplateError(ValueError):
    """The template cannot be read; the message says why."""


def build_template(site: Site, scope: Scope, report: Report) -> Template | None:
    """Return what ``$template`` says; None when it was reported."""
    text = read_text(site, report, 'text such as "{first}.{last}@example.com"')
    if text is None:
        return None
    try:
        return Template(parts=tuple(_join(_parts(text, scope))))
    except _TemplateError as error:
        hint = "a field is {name} or {.name}; a brace as text is written twice: {{ or }}"
        report.error("MG213", site, str(error), hint)
        return None


def build_reference(site: Site, scope: Scope, report: Report) -> Reference | None:
    """Return what ``$ref`` says; None when it was reported. What it names is looked up later."""
    del scope
    if site.is_mapping:
        return _reference_of_params(site, report)
    text = read_text(site, report, "text such as Member.id, or a mapping with model and field")
    if text is None:
        return None
    suite, colon, rest = text.rpartition(":")
    try:
        keys = parse_path(rest)
    except PathError:
        keys = ()
    if len(keys) < 2 or (colon and not suite):  # noqa: PLR2004  # a model and a field
        message = f'$ref "{text}" is not of the form Model.field or suite:Model.field'
        report.error("MG203", site, message)
        return None
    return Reference(suite=suite, model=keys[0], path=keys[1:])


def _reference_of_params(site: Site, report: Report) -> Reference | None:
    before = report.errors
    params = read_params(site, report, ("model", "field", "scenario", "suite"))
    for name in ("model", "field"):
        if name not in params and report.errors == before:
            report.error("MG205", site, f"$ref needs {name}")
    texts = {name: read_text(param, report) or "" for name, param in params.items()}
    if report.errors > before:
        return None
    path = read_field(params["field"], report)
    if path is None:
        return None
    return Reference(
        suite=texts.get("suite", ""),
        model=texts["model"],
        path=path,
        scenario=texts.get("scenario", ""),
    )


def _parts(text: str, scope: Scope) -> Iterator[TemplatePart]:
    for token in _TOKEN.finditer(text):
        piece = token[0]
        if piece in {"{{", "}}"}:
            yield TemplatePart(text=piece[0])
        elif token[1] is not None:
            yield TemplatePart(path=_field_path(token[1].strip(), scope))
        elif piece in {"{", "}"}:
            raise _TemplateError(f'a "{piece}" stands alone in this template')
        else:
            yield TemplatePart(text=piece)


def _field_path(text: str, scope: Scope) -> tuple[str, ...]:
    relative = text.startswith(".")
    try:
        path = parse_field(text[1:] if relative else text)
    except PathError as error:
        raise _TemplateError(f'"{{{text}}}" names no field: {error}') from error
    return (*scope.home, *path) if relative else path


def _join(parts: Iterator[TemplatePart]) -> Iterator[TemplatePart]:
    """Yield ``parts`` with neighbouring texts joined."""
    text = ""
    for part in parts:
        if part.path:
            if text:
                yield TemplatePart(text=text)
            text = ""
            yield part
        else:
            text += part.text
    if text:
        yield TemplatePart(text=text)
