"""User input: the models of a file, from its sections, and what its top says for all of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related, Severity
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.generators import NO_MODIFIERS, read_id
from mockgen_watch.spec.build.links import check_links
from mockgen_watch.spec.build.references import check_counts
from mockgen_watch.spec.build.rules import build_exclusions, build_rules
from mockgen_watch.spec.build.scenarios import (
    BASE,
    Defaults,
    base_scenario,
    build_scenario,
    build_statements,
    misspelt_scenario,
    read_count,
    read_defaults,
    read_output,
    scenario_name,
)
from mockgen_watch.spec.build.shapes import build_record
from mockgen_watch.spec.build.together import read_tuples
from mockgen_watch.spec.document import (
    Document,
    MappingNode,
    Member,
    Node,
    Scalar,
    members_of,
)
from mockgen_watch.spec.model import (
    WELL_KNOWN,
    MasterChoice,
    Model,
    ObjectShape,
    Origin,
    OriginKind,
    Promise,
    UserInput,
    fold,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


FORMAT_VERSION: Final = 1
"""The version of the spec format that this release reads."""

MAX_NAME_BYTES: Final = 200
"""A file name holds 255 bytes on every usual system; the extension and ``.labels`` need some."""

_SECTION: Final = re.compile(r"(?is)edit(?:[ _\-.].*|\d+)")
_MODEL: Final = re.compile(r"(?is)model(?:[ _\-.].*|\d*)")
_DIRECTIVES: Final = frozenset(
    (*reader.INPUT_DIRECTIVES, *reader.MODEL_DIRECTIVES, *reader.VALUE_DIRECTIVES)
)
"""Those of a user_input; another key that begins with $ may be a field of an old file."""

_RESERVED: Final = r"(?i)(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?"
_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
_OWN_FILES: Final = frozenset({"mockgen.lock"})


def is_section_name(key: str) -> bool:
    """Return whether sections of the oldest format of the earlier system have such names."""
    return _SECTION.fullmatch(key) is not None


def is_section(member: Member) -> bool:
    """Return whether a member at the top of a file is a section of that format, by its name."""
    return isinstance(member.node, MappingNode) and is_section_name(member.key)


def earlier_sections(root: Node | None) -> tuple[Member, ...]:
    """Return the sections of a file in the oldest format of the earlier system.

    Where a directive is at the top or in a section, the file is a spec, however its models are
    called.
    """
    members = members_of(root)
    sections = tuple(filter(is_section, members))
    is_spec = any(member.key in reader.INPUT_DIRECTIVES for member in members) or any(
        has_directives(member.node) for member in sections
    )
    return () if is_spec else sections


def has_directives(node: Node) -> bool:
    """Return whether a mapping, or one in it, has a directive as a key; lists are data."""
    return any(
        member.key in _DIRECTIVES or has_directives(member.node) for member in members_of(node)
    )


def is_earlier_model(key: str) -> bool:
    """Return whether a model or suffix section is called as those of the earlier system."""
    return _MODEL.fullmatch(key) is not None or bool(split_suffix(key)[1])


def _note_comma_text(root: reader.Entry) -> None:
    """Note text with commas where the earlier system, in some versions, took it as a list."""
    if has_directives(root.node):
        return
    texts = [
        field
        for section in root.members()
        if is_earlier_model(section.key)
        for field in section.members()
        if "," in (field.text or "")
    ]
    if texts:
        number = len(texts) - 1
        more = f" ({number} more {'field' if number == 1 else 'fields'} of this file)"
        message = (
            f'the text of "{texts[0].key}" is one value, commas included; '
            f"the oldest versions of the earlier system split it{more if number else ''}"
        )
        hint = "for several values write a list: [a, b]; a list of one value ends this note"
        note = Diagnostic(
            code="MG705",
            severity=Severity.NOTE,
            message=message,
            location=texts[0].location,
            hint=hint,
        )
        root.build.diagnostics.add(note)


def build_user_input(
    document: Document, context: reader.BuildContext
) -> tuple[UserInput | None, list[Diagnostic]]:
    """Return the checked spec, None when it has errors, and everything that was found.

    What the parser found is not repeated; a document without a root gives nothing more.
    """
    if document.root is None:
        return None, []
    build = reader.Build(document, context)
    root = reader.Entry(build=build, node=document.root)
    stated = root.get("$master")
    build.may_have_master = stated is None or not stated.is_empty
    spec = _user_input(root)
    return (None if build.diagnostics.failed else spec), build.diagnostics.sorted()


def with_base_sections(document: Document, user_input: UserInput) -> UserInput:
    """Return the spec of a file without directives, its models' own sections as scenarios too.

    The earlier system made records of the section ``Model_1`` beside ``Model_1_Positive``; here it
    is what the others are laid over.
    """
    if document.root is None or has_directives(document.root):
        return user_input
    own = {fold(member.key) for member in members_of(document.root)}
    models = []
    for model in user_input.models:
        first = model.scenarios[0]
        if first.name != BASE and fold(model.name) in own:
            base = replace(first, name=BASE, overlay=None, promise=Promise.VALID, negative_of="")
            base = replace(base, location=model.location)
            models.append(replace(model, scenarios=(*model.scenarios, base)))
        else:
            models.append(model)
    return replace(user_input, models=tuple(models))


def _user_input(root: reader.Entry) -> UserInput | None:
    if not root.is_mapping:
        root.error("MG202", f"a user_input file must be a mapping of models, not {root.kind}")
        return None
    context = root.build.context
    _note_comma_text(root)
    directives = top_directives(root, reader.INPUT_DIRECTIVES)
    defaults = Defaults(
        count=read_count(directives.get("$count"), context.count),
        output=read_output(directives.get("$output"), context.output),
    )
    models = tuple(_model(sections, defaults) for sections in _read_sections(root))
    _check_ids(models, root.build)
    check_links(models, root.build)
    choice, path = _master(directives.get("$master"))
    return UserInput(
        path=root.file,
        version=read_version(directives.get("$version")),
        seed=reader.whole_or(directives.get("$seed"), context.seed),
        master=choice,
        master_path=path,
        master_location=(directives.get("$master") or root).location,
        models=models,
    )


def top_directives(root: reader.Entry, known: Collection[str]) -> dict[str, reader.Entry]:
    """Return the directives at the top of a file; those that are not ``known`` are reported."""
    directives = root.directives()
    for key, member in directives.items():
        if key not in known:
            member.unknown_directive(known)
    if "$schema" in directives:
        reader.read_text(directives["$schema"], "the path or address of a JSON Schema")
    return directives


def read_version(entry: reader.Entry | None, newest: int = FORMAT_VERSION) -> int:
    """Return the format version that a file states; only the newest is read."""
    version = reader.whole_or(entry, newest)
    if entry is not None and version != newest:
        hint = "update mockgen-watch to read it"
        if 0 < version < newest:
            hint = f"run mockgen-watch migrate to bring it to version {newest}"
        message = f"this release reads format version {newest}, not {version}"
        entry.error("MG226", message, hint)
    return newest


def _master(entry: reader.Entry | None) -> tuple[MasterChoice, str]:
    if entry is None:
        return MasterChoice.NEAREST, ""
    if isinstance(entry.node, Scalar) and entry.is_empty:
        return MasterChoice.NONE, ""
    text = reader.read_text(entry, "the path of a master file, or null for none")
    path = None if text is None else reader.join_path(entry.file, text)
    if text is not None and not (text and path):
        entry.error("MG218", f'no such file in this project: "{text}"')
    return MasterChoice.NAMED, path or ""


def _check_ids(models: Sequence[Model], build: reader.Build) -> None:
    seen: dict[str, Model] = {}
    for model in models:
        first = seen.setdefault(model.id, model)
        if first is not model:
            related = (Related(message="the other model", location=first.location),)
            message = f'"{model.name}" has the $id of "{first.name}"'
            build.diagnostics.error("MG222", model.location, message, related=related)


class _Sections(Struct, kw_only=True):
    """What a file says about one model.

    Attributes:
        first: the first section that names it.
        own: the model's own section; None when only suffix sections name it.
        scenarios: by name, those of ``$scenarios`` and suffix sections, in source order.
    """

    name: str
    first: reader.Entry
    own: reader.Entry | None = None
    scenarios: dict[str, reader.Entry] = field(default_factory=dict)

    def add_scenario(self, name: str, entry: reader.Entry) -> None:
        """Add a scenario, or report it where another has its name."""
        twin = next((other for other in self.scenarios if fold(other) == fold(name)), None)
        if twin is None:
            self.scenarios[name] = entry
            return
        related = (Related(message="the first one", location=self.scenarios[twin].key_location),)
        message = f'scenario "{name}" of {self.name} appears twice'
        entry.key_error("MG209", message, related=related)


def _read_sections(root: reader.Entry) -> tuple[_Sections, ...]:
    """Return the models of a file in the order in which they are first named."""
    entries = [entry for entry in root.members() if not reader.is_directive(entry.key)]
    if not _has_models(root, entries):
        return ()
    prefixes = frozenset(fold(split_suffix(reader.data_key(entry.key))[0]) for entry in entries)
    models: dict[str, _Sections] = {}
    suffixed: list[tuple[_Sections, str, reader.Entry]] = []
    for entry in entries:
        name, scenario = split_suffix(reader.data_key(entry.key))
        if scenario and not entry.is_mapping:
            continue
        if not scenario:
            scenario = _slip_of_suffix(entry, prefixes)
            name = name.rpartition("_")[0] if scenario else name
        model = models.setdefault(fold(name), _Sections(name=name, first=entry))
        if scenario:
            suffixed.append((model, scenario, entry))
        elif model.own is None:
            model.own, model.name = entry, name
        else:
            related = (Related(message="the first one", location=model.own.key_location),)
            message = f'the models "{name}" and "{model.name}" differ only in case'
            entry.key_error("MG209", message, related=related)
    for model in models.values():
        _check_name(model.name, "model", model.first)
        _add_listed_scenarios(model)
    for model, scenario, entry in suffixed:
        model.add_scenario(scenario, entry)
    return tuple(models.values())


def split_suffix(key: str) -> tuple[str, str]:
    """Return model and scenario of a suffix section; the key and ``""`` for any other."""
    name, _, suffix = key.rpartition("_")
    scenario = scenario_name(suffix)
    return (name, scenario) if name and scenario in WELL_KNOWN else (key, "")


def _has_models(root: reader.Entry, entries: Sequence[reader.Entry]) -> bool:
    """Return whether there are models; what is at the top and is none has been reported."""
    if not entries:
        hint = "such as Model_1: {name: [Asha, Bala]}"
        root.error("MG205", "the file has no model", hint)
        return False
    if not any(entry.is_mapping for entry in entries):
        hint = (
            "put the fields under a model's name; "
            f"`mockgen-watch migrate {root.file}` does it for a file of the earlier system, and "
            "generate --legacy reads it as it is"
        )
        entries[0].key_error("MG202", "the fields at the top are not in a model", hint)
        return False
    for entry in entries:
        if not entry.is_mapping:
            message = (
                f'"{entry.key}" is {entry.kind}, but the top level holds models, which are mappings'
            )
            entry.error("MG202", message)
            root.build.open_objects.add(())
    return True


def _slip_of_suffix(entry: reader.Entry, prefixes: Collection[str]) -> str:
    """Return the scenario whose suffix is misspelt in the key, having reported it."""
    name, _, suffix = reader.data_key(entry.key).rpartition("_")
    meant = misspelt_scenario(suffix) if fold(name) in prefixes else ""
    if meant:
        hint = f'did you mean "{name}_{meant}"?'
        fix = entry.key_fix(reader.spec_key(f"{name}_{meant}"))
        entry.key_error("MG216", f'"{suffix}" is not a scenario of {name}', hint, fix=fix)
    return meant


def _add_listed_scenarios(model: _Sections) -> None:
    listed = None if model.own is None else model.own.get("$scenarios")
    if listed is None:
        return
    if not listed.is_mapping or not listed.members():
        message = f"$scenarios takes a mapping of names to overlays, not {listed.kind}"
        listed.error("MG202", message)
    for entry in listed.members():
        if reader.is_directive(entry.key):
            hint = "$scenarios takes names of scenarios"
            entry.key_error("MG204", f"{entry.key} is not allowed here", hint)
            continue
        name = scenario_name(reader.data_key(entry.key))
        meant = "" if name in WELL_KNOWN else misspelt_scenario(name)
        if meant and listed.get(meant) is None:
            hint = f'did you mean "{meant}"?'
            fix = entry.key_fix(meant)
            entry.key_error("MG216", f'unknown scenario "{name}"', hint, fix=fix)
            name = meant
        _check_name(name, "scenario", entry)
        model.add_scenario(name, entry)


def _check_name(name: str, what: str, entry: reader.Entry) -> None:
    problem = file_name_problem(name)
    if problem:
        hint = f"outputs are named after the {what}"
        entry.key_error("MG210", f'the {what} name "{name}" {problem}', hint)


def file_name_problem(name: str) -> str:
    """Return why ``name`` cannot be a file's name on every usual system, or ``""``."""
    if not name:
        return "is empty"
    bad = next((char for char in name if char in _FORBIDDEN or not char.isprintable()), "")
    problem = ""
    if bad:
        shown = bad if bad.isprintable() else f"U+{ord(bad):04X}"
        problem = f'contains "{shown}", which is not allowed in a file name'
    elif name.startswith("."):
        problem = "begins with a dot, which hides the file"
    elif name[-1] in ". " or name[0] == " ":
        problem = "begins or ends with a space, or ends with a dot"
    elif re.fullmatch(_RESERVED, name):
        problem = "is reserved by Windows"
    elif fold(name) in _OWN_FILES:
        problem = "is reserved for a file of mockgen-watch"
    elif len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        problem = f"is longer than {MAX_NAME_BYTES} bytes"
    return problem


def _model(sections: _Sections, inherited: Defaults) -> Model:
    """Return the model; what is wrong is reported and left out."""
    top = sections.own
    directives = {} if top is None else _model_directives(top)
    build = sections.first.build
    build.tuples.clear()
    shape = _model_shape(sections)
    inner = tuple(build.tuples)
    defaults = read_defaults(directives, inherited)
    scenarios = tuple(
        build_scenario(entry, name, shape, defaults) for name, entry in sections.scenarios.items()
    )
    check_counts(directives.get("$count"), shape, scenarios)
    together = read_tuples(directives.get("$unique"), shape, inner)
    rules = build_rules(directives.get("$rules"), directives.get("$conforms"))
    records = directives.get("$records")
    _check_records(sections, records, is_ruled=bool(rules))
    place = top or sections.first
    base = base_scenario(defaults, place, build_statements(records))
    stated = directives.get("$id")
    return Model(
        name=sections.name,
        id=(read_id(stated) if stated is not None else None) or sections.name,
        shape=shape,
        rules=rules,
        exclusions=build_exclusions(directives.get("$exclude")),
        scenarios=scenarios or (base,),
        location=place.key_location,
        together=together,
    )


def _model_directives(top: reader.Entry) -> dict[str, reader.Entry]:
    directives = top.directives()
    for key, member in directives.items():
        if key not in reader.MODEL_DIRECTIVES:
            member.unknown_directive(reader.MODEL_DIRECTIVES)
            top.build.open_objects.add(())
    return directives


def _model_shape(sections: _Sections) -> ObjectShape:
    if sections.own is not None:
        return build_record(sections.own, OriginKind.MODEL, sections.name)
    location = sections.first.location
    origin = Origin(kind=OriginKind.MODEL, name=sections.name, location=location)
    return ObjectShape(members=(), modifiers=NO_MODIFIERS, address=(), origin=origin)


def _check_records(sections: _Sections, stated: reader.Entry | None, *, is_ruled: bool) -> None:
    """Report ``$records`` if it is unclear whose records it describes, or would undo a promise."""
    if stated is not None and sections.scenarios:
        names = ", ".join(sections.scenarios)
        hint = f"move it into the scenario that it describes: {names}"
        message = "$records must be inside a scenario in a model with scenarios"
        stated.key_error("MG204", message, hint)
    for name, section in sections.scenarios.items():
        twin = section.get("$negative_of")
        own = section.get("$records")
        if own is not None and is_ruled and (name == "negative" or twin is not None):
            other = "positive" if twin is None else twin.text
            message = f"a record of {name} is a twin of one of {other}, with a fault"
            hint = f"state it in {other}, or let it be drawn"
            own.key_error("MG204", message, hint)
