"""Whatever is broken in a spec, a fix removes its diagnostic and leaves all else as it is."""

from __future__ import annotations

import pytest

from mockgen_watch.diagnostics import apply_fixes, choose_fixes
from tests.properties.test_mutated_specs import all_mutants, found_in

MUTANTS = list(all_mutants())


@pytest.mark.parametrize("part", range(8))
def test_fixes_of_mutants_remove_their_diagnostics(part: int) -> None:
    seen = 0
    for path, mutant in MUTANTS[part::8]:
        for item in found_in(path, mutant.text):
            if not item.fix:
                continue
            seen += 1
            fixes = choose_fixes([item])
            assert fixes
            data = apply_fixes({path: mutant.text.encode()}, fixes)[path]
            again = found_in(path, data.decode())
            places = {(other.code, str(other.location)) for other in again}
            assert (item.code, str(item.location)) not in places, (path, item, data)
    assert seen
