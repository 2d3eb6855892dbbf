"""Takes the site of ``$coverage``; gives what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.spec.build.names import join_path
from mockgen_watch.spec.build.scalars import (
    read_field,
    read_flag,
    read_params,
    read_text,
    read_word,
    report_type,
)
from mockgen_watch.spec.coverage import Coverage, CoverageSpec

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.build.site import Report, Site

_PARAMETERS: Final = ("strength", "boundaries", "fields", "without", "keep")


def read_coverage(site: Site | None, default: CoverageSpec, report: Report) -> CoverageSpec:
    """Return what ``site`` asks for, a word or a mapping; the default where it says nothing."""
    if site is None:
        return default
    if not site.is_mapping:
        word = read_word(site, report, tuple(Coverage), "MG217")
        return default if word is None else _spec(site, word)
    given = read_params(site, report, _PARAMETERS)
    if "strength" not in given:
        hint = "strength: pairwise, for example"
        report.error("MG205", site, "$coverage needs a strength", hint)
        return default
    word = read_word(given["strength"], report, tuple(Coverage), "MG217")
    spec = _spec(site, word or Coverage.NONE)
    flag = read_flag(given["boundaries"], report) if "boundaries" in given else False
    return replace(
        spec,
        boundaries=bool(flag),
        fields=_fields(given.get("fields"), report),
        without=_fields(given.get("without"), report),
        keep=_file(given.get("keep"), report),
    )


def _spec(site: Site, word: str) -> CoverageSpec:
    return CoverageSpec(strength=Coverage(word), location=site.key_location)


def _fields(site: Site | None, report: Report) -> tuple[tuple[str, ...], ...]:
    if site is None:
        return ()
    if not site.is_list or not site.items():
        report_type(site, report, "a list of fields")
        return ()
    found = [read_field(item, report) for item in site.items()]
    return tuple(path for path in found if path is not None)


def _file(site: Site | None, report: Report) -> str:
    if site is None:
        return ""
    text = read_text(site, report, "the path of a file of cases")
    if text is None:
        return ""
    path = join_path(site.document.path, text)
    if not text or path is None:
        report.error("MG218", site, f'"{text}" is no file of this project')
        return ""
    if not path.endswith(".json"):
        report.error("MG218", site, f"{text}: cases are kept in a .json file")
        return ""
    return path
