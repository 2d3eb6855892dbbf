"""Takes an ending and a case's name; parses that hostile input under limits, prints the codes."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MEGABYTE = 1024 * 1024
# Address space is more than memory in use: the interpreter maps some 40 MB before any work.
MEMORY = 240 * MEGABYTE
# Far more than any case takes, far less than what no limit would take.
CPU_SECONDS = 120
LARGE = 4_900_000


def filled(piece: str, size: int) -> str:
    return piece * (size // len(piece))


def alias_bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    return "\n".join(lines)


CASES: dict[str, dict[str, Callable[[], str]]] = {
    "json": {
        "deep_lists": lambda: "[" * 50_000,
        "deep_mappings": lambda: '{"a":' * 50_000,
        "long_integer": lambda: "9" * LARGE,
        "large_exponent": lambda: "[1e" + "9" * LARGE + "]",
        "many_values": lambda: "[" + filled("1,", LARGE) + "1]",
        "many_keys": lambda: "{" + ",".join(f'"{n:x}":1' for n in range(400_000)) + "}",
        "unclosed_text": lambda: '"' + "a" * LARGE,
        "escapes_without_end": lambda: '"' + filled("\\q", LARGE) + '"',
        "faults_without_end": lambda: "[" + filled('"a" ', LARGE) + "]",
        "words_without_end": lambda: filled("x ", LARGE),
        "lines_without_end": lambda: "[" + "\n" * LARGE,
        "large_file": lambda: " " * 20_000_000,
    },
    "yaml": {
        "deep_lists": lambda: "[" * 50_000,
        "deep_mappings": lambda: "{a: " * 20_000,
        "deep_dashes": lambda: "- " * 50_000,
        "deep_questions": lambda: "? " * 50_000,
        "deep_indentation": lambda: "\n".join(" " * n + "a:" for n in range(2000)),
        "alias_bomb": alias_bomb,
        "alias_chain": lambda: (
            "a0: &a0 []\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 3000))
        ),
        "long_integer": lambda: "a: " + "9" * 300_000,
        "large_exponent": lambda: "a: 1e" + "9" * 300_000,
        "unclosed_text": lambda: 'a: "' + "a" * 300_000,
        "faults_without_end": lambda: "- *a\n" * 100_000,
        "duplicates_without_end": lambda: "a: 1\n" * 100_000,
        "stand_ins_used_up": lambda: (
            "a: "
            + "".join(map(chr, [*range(0xF0000, 0xFFFFE), *range(0x100000, 0x10FFFE)]))
            + "\x85"
        ),
        "large_file": lambda: " " * 20_000_000,
    },
}


def main() -> None:
    ending, case = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).parents[3]))
    from mockgen_watch.spec.parse import parse  # noqa: PLC0415 - the path is set above

    data = CASES[ending][case]().encode()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    document = parse(f"a.{ending}", data)
    sys.stdout.write(" ".join(sorted({found.code for found in document.diagnostics})))


if __name__ == "__main__":
    main()
