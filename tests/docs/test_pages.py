"""How pages are read: a page that shows something else than what is so would not pass."""

from __future__ import annotations

import pytest

from tests.docs.pages import Excerpt, Step, examples, has_lines, matches, parts

PAGE = """\
# A page

<!-- file: specs/a.yaml -->
```yaml
a: 1
…
```

```yaml
b: 2
```

<!-- do: touch x -->
```console
$ ls
x
$ true
```

<!-- not run -->
```console
$ make
```

<!-- written: b.yaml -->
```yaml title="master"
c: 3
```
"""


def test_the_parts_of_a_page() -> None:
    assert parts(PAGE) == [
        Excerpt(path="specs/a.yaml", lines=("a: 1", "…")),
        Step(command="touch x", output=None),
        Step(command="ls", output=("x",)),
        Step(command="true", output=()),
        Step(command="cat b.yaml", output=None, lines=("c: 3",)),
    ]


def test_the_examples_of_a_page() -> None:
    shown = [(example.notes, example.title, example.text) for example in examples(PAGE)]
    assert shown == [
        (("file: specs/a.yaml",), "", "a: 1\n…\n"),
        ((), "", "b: 2\n"),
        (("written: b.yaml",), "master", "c: 3\n"),
    ]


TEXT = "a:\n  b: 1\n\n  c: 2\nd: 3\n"


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        ("a:\n  b: 1", True),
        ("  b: 1\n\n  c: 2", True),
        ("b: 1\n\nc: 2", True),
        ("a:\n…\nd: 3", True),
        ("…\nc: 2\n…", True),
        ("d: 3\n…\na:", False),
        ("a:\nb: 1", False),
        ("  b: 1\nd: 3", False),
        ("b: 2", False),
        ("    b: 1", False),
    ],
)
def test_lines_of_a_file(shown: str, holds: bool) -> None:
    assert has_lines(TEXT, tuple(shown.splitlines())) is holds


@pytest.mark.parametrize(
    ("output", "shown", "holds"),
    [
        ("", "", True),
        ("one\ntwo\n", "one\ntwo", True),
        ("one \ntwo\n", "one\ntwo", True),
        ("one\ntwo\n", "one", False),
        ("one\n", "one\ntwo", False),
        ("one\ntwo\nthree\n", "one\n…\nthree", True),
        ("one\n", "one\n…", True),
        ("one\ntwo\n", "…\nthree", False),
        ("backup 000001\n", "backup …", True),
        ("a.b\n", "axb", False),
    ],
)
def test_what_a_command_writes(output: str, shown: str, holds: bool) -> None:
    assert matches(output, tuple(shown.splitlines())) is holds
