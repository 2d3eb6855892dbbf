"""Takes a spec without faults; gives it with one fault, the line of it, and the word meant."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mockgen_watch.spec.document import Document, MappingNode, Member, Scalar, SequenceNode, walk


@dataclass(frozen=True, slots=True)
class Mutant:
    """A spec with one fault.

    Attributes:
        kind: how it was broken.
        lines: where the fault may be reported: one line, as a rule.
        meant: the word that should be suggested; ``""`` when none was misspelt.
    """

    kind: str
    text: str
    lines: frozenset[int]
    meant: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters ``start`` to ``end`` of a text become ``new``."""

    start: int
    end: int
    new: str
    meant: str = ""
    also: tuple[int, ...] = ()

    def apply(self, kind: str, text: str) -> Mutant:
        """Return the mutant; ``also`` are offsets whose lines are as right as that of the edit."""
        lines = frozenset(text.count("\n", 0, place) + 1 for place in (self.start, *self.also))
        broken = text[: self.start] + self.new + text[self.end :]
        return Mutant(kind, broken, lines, self.meant)


Mutator = Callable[[Document, random.Random], Iterator[Edit]]

REFERRING = ("$ref", "$vocab", "$transform", "distribution", "$coverage", "layout", "field")
"""Keys whose text names something that is known."""

SUFFIXED = re.compile(r"(.+)_(positive|negative|exclusion)", re.IGNORECASE)


def mutants(document: Document, count: int, seed: int) -> Iterator[Mutant]:
    """Yield ``count`` mutants, the kinds in turn, each kind at places picked by ``seed``."""
    chance = random.Random(f"{document.path} {seed}")
    kinds = [kind for kind in MUTATORS if list(MUTATORS[kind](document, random.Random(0)))]
    chance.shuffle(kinds)
    made = 0
    while True:
        for kind in kinds:
            edits = list(MUTATORS[kind](document, chance))
            yield chance.choice(edits).apply(kind, document.text)
            made += 1
            if made == count:
                return


def misspell(word: str, chance: random.Random) -> str:
    """Return ``word`` with one letter dropped, doubled, changed or swapped with the next."""
    letters = [place for place, char in enumerate(word) if char.isalpha()]
    while True:
        place = chance.choice(letters)
        letter = chance.choice(string.ascii_lowercase)
        following = word[place + 1 : place + 2]
        slip = chance.choice(
            [
                word[:place] + word[place + 1 :],
                word[: place + 1] + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + following + word[place] + word[place + 2 :],
            ]
        )
        if slip.casefold() != word.casefold() and slip not in {"", "$", "$$"}:
            return slip


def misspelt_directives(document: Document, chance: random.Random) -> Iterator[Edit]:
    for member in _members(document):
        if re.fullmatch(r"\$[a-z_]+", member.key):
            yield _in_key(document, member, member.key, misspell(member.key, chance))


def misspelt_parameters(document: Document, chance: random.Random) -> Iterator[Edit]:
    known = {"min", "max", "from", "to", "step", "decimals", "distribution", "median", "sigma"}
    known |= {"mean", "format", "start", "width", "prefix", "model", "layout", "schema", "cel"}
    for pointer, member in _placed_members(document):
        above = pointer.rpartition("/")[2]
        if member.key in known and above.startswith("$"):
            yield _in_key(document, member, member.key, misspell(member.key, chance))


def misspelt_references(document: Document, chance: random.Random) -> Iterator[Edit]:
    for pointer, member in _placed_members(document):
        node = member.node
        above = pointer.rpartition("/")[2]
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if member.key == "$template":
                words = re.findall(r"\{\.?([^{}]+)\}", node.value)
                words = [part for word in words for part in word.split(".")]
            elif member.key in REFERRING or (above == "$merge" and "(" not in node.value):
                words = re.split(r"[.:]", node.value)
            elif member.key in {"$on_conflict", "$slot"} or above == "$ref":
                words = [node.value]
            else:
                continue
            word = chance.choice(words)
            slip = misspell(word, chance)
            start = node.mark.start + document.text[node.mark.start :].index(word)
            yield Edit(start, start + len(word), slip, word)
        if above in {"$mix", "$merge"} and "." not in member.key:
            yield _in_key(document, member, member.key, misspell(member.key, chance))


def misspelt_exclusions(document: Document, chance: random.Random) -> Iterator[Edit]:
    for pointer, member in _placed_members(document):
        if pointer.split("/")[-2:-1] == ["$exclude"]:
            yield _in_key(document, member, member.key, misspell(member.key, chance))


def misspelt_overlays(document: Document, chance: random.Random) -> Iterator[Edit]:
    root = document.root
    assert isinstance(root, MappingNode)
    for pointer, member in _placed_members(document):
        parts = pointer.split("/")
        suffixed = len(parts) == 2 and SUFFIXED.fullmatch(parts[1])
        listed = parts[-2:-1] == ["$scenarios"]
        if (suffixed or listed) and re.fullmatch(r"[A-Za-z_]{4,}", member.key):
            yield _in_key(document, member, member.key, misspell(member.key, chance))


def misspelt_scenarios(document: Document, chance: random.Random) -> Iterator[Edit]:
    for pointer, member in _placed_members(document):
        named = member.key in {"positive", "negative", "exclusion"}
        if named and pointer.endswith("/$scenarios"):
            yield _in_key(document, member, member.key, misspell(member.key, chance))
        if pointer == "" and (found := SUFFIXED.fullmatch(member.key)):
            slip = misspell(found[2].lower(), chance)
            meant = f"{found[1]}_{found[2].lower()}"
            edit = _in_key(document, member, found[2], slip)
            yield Edit(edit.start, edit.end, edit.new, meant)


def wrong_types(document: Document, chance: random.Random) -> Iterator[Edit]:
    numbers = {"$count", "$faults", "min", "max", "decimals", "width", "median", "sd", "$null"}
    numbers |= {"$seed", "$omit", "$weight", "step"}
    texts = {"$pattern", "$template", "$vocab", "$ref", "from", "to", "format", "field", "cel"}
    lists = {"$rules", "$scenarios", "$mix", "$exclude", "$integer", "$number", "$date"}
    for member in _members(document):
        if member.key in numbers and isinstance(member.node, Scalar):
            yield _in_value(document, member, chance.choice(['"many"', "true", "[1]"]))
        elif member.key in texts and isinstance(member.node, Scalar):
            yield _in_value(document, member, chance.choice(["3", "[3]", "false", "null"]))
        elif member.key in lists and _on_one_line(document, member):
            yield _in_value(document, member, chance.choice(['"text"', "17"]))


def impossible_bounds(document: Document, chance: random.Random) -> Iterator[Edit]:
    for _, node in walk(_root(document)):
        if not isinstance(node, MappingNode):
            continue
        found = {member.key: member for member in node.members}
        for low, high, below, above in (
            ("min", "max", "-1000000", "1000000"),
            ("from", "to", None, None),
        ):
            if low not in found or high not in found:
                continue
            left, right = found[low], found[high]
            if chance.random() < 0.5:
                new = above or document.text[right.node.mark.start : right.node.mark.end]
                new = new if above else _shifted(new, "9")
                yield _in_value(document, left, new, right.node.mark.start)
            else:
                new = below or document.text[left.node.mark.start : left.node.mark.end]
                new = new if below else _shifted(new, "0")
                yield _in_value(document, right, new, left.node.mark.start)


def bad_dates(document: Document, chance: random.Random) -> Iterator[Edit]:
    bad = ["2025-02-30", "2025-13-01", "31.12.2025", "tomorrow", "2025/01/01", "2025-1-1x"]
    for member in _members(document):
        if member.key in {"from", "to"}:
            yield _in_value(document, member, f'"{chance.choice(bad)}"')
        if member.key == "$date" and isinstance(member.node, SequenceNode):
            end = chance.choice(member.node.items)
            yield Edit(end.mark.start, end.mark.end, f'"{chance.choice(bad)}"')


def bad_formats(document: Document, chance: random.Random) -> Iterator[Edit]:
    for member in _members(document):
        if (
            member.key == "format"
            and isinstance(member.node, Scalar)
            and "%" in document.text[member.node.mark.start : member.node.mark.end]
        ):
            place = member.node.mark.start + document.text[member.node.mark.start :].index("%")
            yield Edit(place, place + 2, chance.choice(["%Q", "%-d", "%f", "%s"]))


def bad_patterns(document: Document, chance: random.Random) -> Iterator[Edit]:
    for member in _members(document):
        if member.key == "$pattern":
            text = document.text[member.node.mark.start : member.node.mark.end]
            place = member.node.mark.start + text.rindex("]")
            new = chance.choice(["", "](", "]**"])
            yield Edit(place, place + 1, new)


def bad_templates(document: Document, chance: random.Random) -> Iterator[Edit]:
    for member in _members(document):
        if member.key == "$template":
            text = document.text[member.node.mark.start : member.node.mark.end]
            places = [place for place, char in enumerate(text) if char in "{}"]
            place = member.node.mark.start + chance.choice(places)
            yield Edit(place, place + 1, "")


def empty_pools(document: Document, chance: random.Random) -> Iterator[Edit]:
    del chance
    for pointer, member in _placed_members(document):
        above = pointer.rpartition("/")[2]
        data = above in {"enum", "required", "$const"} or "$rules" in pointer
        pool = isinstance(member.node, SequenceNode) and not member.key.startswith("$") and not data
        if (pool or member.key in {"$choice", "$weighted"}) and _on_one_line(document, member):
            new = "[]" if isinstance(member.node, SequenceNode) else "{}"
            if "$choice" not in pointer and member.key not in {"enum", "required"}:
                yield _in_value(document, member, new)


def negative_weights(document: Document, chance: random.Random) -> Iterator[Edit]:
    for pointer, member in _placed_members(document):
        weighted = pointer.rpartition("/")[2] in {"$weighted", "$mix"} or member.key == "$weight"
        if weighted and isinstance(member.node, Scalar):
            yield _in_value(document, member, chance.choice(["-1", "-0.5", '"x"']))


def bad_probabilities(document: Document, chance: random.Random) -> Iterator[Edit]:
    for member in _members(document):
        if member.key in {"$null", "$omit"}:
            yield _in_value(document, member, chance.choice(["1.5", "-0.1", "30"]))


def bad_names(document: Document, chance: random.Random) -> Iterator[Edit]:
    root = document.root
    assert isinstance(root, MappingNode)
    last = root.members[-1]
    if not last.key.startswith("$") and document.path.endswith(("invoices.yaml", "invoices.json")):
        yield _in_key(document, last, last.key, chance.choice(["CON", "../x", "a:b", "nul.x"]), "")


def duplicate_keys(document: Document, chance: random.Random) -> Iterator[Edit]:
    for member in _members(document):
        if not _on_one_line(document, member):
            continue
        text = document.text[member.mark.start : member.node.mark.end]
        line_start = document.text.rfind("\n", 0, member.mark.start) + 1
        own_line = not document.text[line_start : member.mark.start].strip()
        if own_line and document.path.endswith(".yaml"):
            indent = document.text[line_start : member.mark.start]
            twin = f"\n{indent}{text}"
        else:
            twin = f", {text}"
        end = member.node.mark.end
        newline = 1 if twin.startswith("\n") else 0
        # The second of the two is the one at fault; it stands a line further down.
        line_end = document.text.find("\n", end)
        place = line_end if newline else end
        yield Edit(place, place, twin, "", (place + newline,))
    del chance


def case_twins(document: Document, chance: random.Random) -> Iterator[Edit]:
    """A twin of a model's first field, all letters in the other case, before another field."""
    del chance
    is_json = document.path.endswith(".json")
    for model in _root(document).members:
        if model.key.startswith("$") or not isinstance(model.node, MappingNode):
            continue
        names = [item for item in model.node.members if re.fullmatch(r"[A-Za-z_]{3,}", item.key)]
        for other in names[1:]:
            place = other.mark.start
            indent = place - document.text.rfind("\n", 0, place) - 1
            twin = names[0].key.swapcase()
            new = f'"{twin}": 1,\n' if is_json else f"{twin}: 1\n"
            yield Edit(place, place, new + " " * indent)


def removed_brackets(document: Document, chance: random.Random) -> Iterator[Edit]:
    del chance
    for _, node in walk(_root(document)):
        if isinstance(node, Scalar):
            continue
        start, end = node.mark.start, node.mark.end
        if document.text[start : start + 1] in "[{" and document.text[end - 1] in "]}":
            if document.text.count("\n", start, end):
                continue
            yield Edit(start, start + 1, "", "", (end - 1,))
            yield Edit(end - 1, end, "", "", (start,))


def removed_quotes(document: Document, chance: random.Random) -> Iterator[Edit]:
    del chance
    for _, node in walk(_root(document)):
        if isinstance(node, Scalar) and document.text[node.mark.start] == '"':
            place = node.mark.end - 1
            yield Edit(place, place + 1, "")


def removed_colons(document: Document, chance: random.Random) -> Iterator[Edit]:
    del chance
    for member in _members(document):
        place = document.text.index(":", member.mark.end)
        if document.text[place : place + 2] == ": " and _on_one_line(document, member):
            yield Edit(place, place + 1, "")


def removed_commas(document: Document, chance: random.Random) -> Iterator[Edit]:
    """Only in JSON: in YAML two scalars without a comma are one."""
    del chance
    if document.path.endswith(".json"):
        for found in re.finditer(r",\n *", document.text):
            yield Edit(found.start(), found.start() + 1, "", "", (found.end(),))


def added_commas(document: Document, chance: random.Random) -> Iterator[Edit]:
    del chance
    if document.path.endswith(".json"):
        for found in re.finditer(r"\n *[\]}]", document.text):
            yield Edit(found.start(), found.start(), ",", "", (found.end(),))


def tabs(document: Document, chance: random.Random) -> Iterator[Edit]:
    del chance
    if document.path.endswith(".yaml"):
        for found in re.finditer(r"\n +(?=[A-Za-z$])", document.text):
            yield Edit(found.start() + 1, found.end(), "\t")


def odd_indents(document: Document, chance: random.Random) -> Iterator[Edit]:
    """A line of a block mapping, neither first nor last, moves one blank to the left."""
    del chance
    if not document.path.endswith(".yaml"):
        return
    for _, node in walk(_root(document)):
        if isinstance(node, MappingNode) and document.text[node.mark.start] != "{":
            for member in node.members[1:]:
                line_start = document.text.rfind("\n", 0, member.mark.start) + 1
                indent = document.text[line_start : member.mark.start]
                if len(indent) > 1 and not indent.strip():
                    yield Edit(line_start, line_start + 1, "")


MUTATORS: dict[str, Mutator] = {
    "misspelt directive": misspelt_directives,
    "misspelt parameter": misspelt_parameters,
    "misspelt reference": misspelt_references,
    "misspelt exclusion": misspelt_exclusions,
    "misspelt overlay": misspelt_overlays,
    "misspelt scenario": misspelt_scenarios,
    "wrong type": wrong_types,
    "impossible bound": impossible_bounds,
    "bad date": bad_dates,
    "bad format": bad_formats,
    "bad pattern": bad_patterns,
    "bad template": bad_templates,
    "empty pool": empty_pools,
    "negative weight": negative_weights,
    "bad probability": bad_probabilities,
    "bad name": bad_names,
    "duplicate key": duplicate_keys,
    "case twin": case_twins,
    "removed bracket": removed_brackets,
    "removed quote": removed_quotes,
    "removed colon": removed_colons,
    "removed comma": removed_commas,
    "added comma": added_commas,
    "tab": tabs,
    "odd indent": odd_indents,
}


def _root(document: Document) -> MappingNode:
    assert isinstance(document.root, MappingNode)
    return document.root


def _placed_members(document: Document) -> Iterator[tuple[str, Member]]:
    """Yield each member with the pointer of its mapping, values as they stand left out."""
    for pointer, node in walk(_root(document)):
        inside = re.search(r"/(\$const|\$choice|schema|\$comment)(/|$)", pointer)
        if isinstance(node, MappingNode) and not inside:
            for member in node.members:
                yield pointer, member


def _members(document: Document) -> Iterator[Member]:
    return (member for _, member in _placed_members(document))


def _on_one_line(document: Document, member: Member) -> bool:
    return "\n" not in document.text[member.mark.start : member.node.mark.end]


def _in_key(
    document: Document, member: Member, word: str, new: str, meant: str | None = None
) -> Edit:
    start = document.text.index(word, member.mark.start)
    return Edit(start, start + len(word), new, word if meant is None else meant)


def _in_value(document: Document, member: Member, new: str, *also: int) -> Edit:
    del document
    return Edit(member.node.mark.start, member.node.mark.end, new, "", also)


def _shifted(text: str, digit: str) -> str:
    """Return a date or time with a first digit that puts it last (9) or first (0)."""
    quote = '"' if text.startswith('"') else ""
    bare = text.strip('"')
    if "-" not in bare:
        return f"{quote}{'23:59' if digit == '9' else '00:00'}{quote}"
    year = "9000" if digit == "9" else "0001"
    return f"{quote}{year}{bare[4:]}{quote}"
