"""Rules by plugin: the protocols of a plugin, and the check that it makes for a rule of a spec.

The protocols here are all that a plugin has to keep to; it need import nothing of this package.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.errors import FindingsError
from mockgen_watch.rules.values import Place, RuleError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import RuleSpec

Change: TypeAlias = "tuple[str, Json] | tuple[str, Json, Place]"
"""A kind of fault, the value that makes it, and its place; ``()``, the default, is the place of the
value that was given."""


class Checker(Protocol):
    """Checks values for one rule of a spec; both methods depend on their argument alone."""

    def why(self, value: Json, /) -> str:
        """Return why ``value`` breaks the rule, or ``""``. Any JSON value may come."""
        ...

    def faults(self, value: Json, /) -> Iterable[Change]:
        """Yield changes of a value that meets the rule, each of which may break it."""
        ...


class RuleType(Protocol):
    """What an entry point of a plugin names: makes the checker of each rule that asks for it."""

    def __call__(self, params: Mapping[str, Json], /) -> Checker:
        """Return the checker; ``params`` is what the rule has under ``with``.

        Raises:
            ValueError: ``params`` are not as they should be; the message says why.
        """
        ...


KIND: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
"""The form of a kind of fault."""


class Refused(Struct, frozen=True, kw_only=True):
    """Why something of a plugin cannot be had: the parts of a diagnostic but for its place."""

    code: str
    message: str
    hint: str = ""


def refuse_unlisted(plugin: str, listed: Iterable[str] = ()) -> Refused:
    """Return the refusal of a plugin that is not among those ``listed`` by the project."""
    hint = did_you_mean(plugin, listed) or f"add it there: plugins: [{plugin}]"
    message = f"plugin {plugin} is not among the plugins of specs/mockgen.yaml"
    return Refused(code="MG604", message=message, hint=hint)


class PluginCheck(Struct, frozen=True, kw_only=True):
    """The check of a rule by plugin; what fails in the plugin is reported at the rule's line."""

    spec: RuleSpec
    checker: Checker

    def why(self, value: Json) -> str:
        """Return why ``value`` breaks the rule, or ``""``.

        Raises:
            FindingsError: the plugin fails.
        """
        try:
            message = self.checker.why(value)
        except Exception as error:
            raise _broken_plugin(
                self.spec, f"raises {_text_of(error)} for {shown(value)}"
            ) from error
        if not isinstance(message, str):
            raise _broken_plugin(
                self.spec, f"gives {type(message).__name__}, and no text, for {shown(value)}"
            )
        return message

    def faults(self, value: Json) -> Iterator[tuple[str, Json, Place]]:
        """Yield kind, value and place of what may break the rule.

        Raises:
            FindingsError: the plugin fails.
        """
        try:
            # Any: what comes from a plugin may be whatever it likes.
            found: list[tuple[Any, ...]] = list(map(tuple, self.checker.faults(value)))
        except Exception as error:
            raise _broken_plugin(
                self.spec, f"raises {_text_of(error)} for faults of {shown(value)}"
            ) from error
        for change in found:
            if len(change) not in {2, 3} or not re.fullmatch(KIND, str(change[0])):
                raise _broken_plugin(
                    self.spec, f"gives the fault {change!r}, which is no kind and value"
                )
            yield str(change[0]), change[1], tuple(*change[2:])


def _broken_plugin(spec: RuleSpec, what: str) -> FindingsError:
    found = Diagnostic(
        code="MG606",
        message=f'rule "{spec.name}": plugin rule {spec.expression} {what}',
        location=spec.body_location or spec.location,
        hint="mockgen_watch.testing.check_rule finds such faults; tell the plugin's author",
    )
    return FindingsError((found,))


def make_check(spec: RuleSpec, types: Mapping[str, RuleType]) -> PluginCheck:
    """Return the check that ``spec`` states.

    Raises:
        RuleError: the plugin does not take what the rule gives it.
        FindingsError: the plugin fails.
    """
    params = spec.schema if isinstance(spec.schema, dict) else {}
    try:
        checker = types[spec.expression](params)
    except ValueError as error:
        raise RuleError(f"{spec.expression} does not take this: {error}") from error
    except Exception as error:
        raise _broken_plugin(spec, f"raises {_text_of(error)}") from error
    for name in ("why", "faults"):
        if not callable(getattr(checker, name, None)):
            raise _broken_plugin(spec, f"makes something without {name}()")
    return PluginCheck(spec=spec, checker=checker)


def _text_of(error: Exception) -> str:
    return f"{type(error).__name__} ({error})"
