"""Takes what ``dataclasses`` takes; gives classes that behave alike and are made in little time.

``dataclasses`` writes six methods of every class as text, compiles them, and imports ``inspect``.
For the hundreds of classes of this package that took more time than most runs take for the rest.
Here the methods are shared, and ``__init__`` alone is compiled, once a class has made some values.

Type checkers see ``dataclasses`` itself, so that they know all that they know of it. An option
that is not made here is a TypeError as soon as the class is made.
"""

from __future__ import annotations

from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from mockgen_watch.dataclass.making import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]
