"""What is put aside comes back as it was, from memory or from a file without a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.partial import Spool

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_bytes_come_back_in_order(tmp_path: Path, block: int) -> None:
    parts = [b"%d," % number for number in range(50)]
    with Spool(str(tmp_path), block=block) as spool:
        for part in parts:
            spool.write(part)
        assert list(tmp_path.iterdir()) == []
        assert b"".join(spool.blocks()) == b"".join(parts)
        spool.clear()
        spool.write(b"anew")
        assert b"".join(spool.blocks()) == b"anew"


def test_no_room_is_told_as_such(tmp_path: Path) -> None:
    with Spool(str(tmp_path / "gone"), block=3) as spool:
        spool.write(b"ab")
        with pytest.raises(StorageError, match="a temporary file"):
            spool.write(b"cd")
