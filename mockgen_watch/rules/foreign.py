"""Takes a JSON Schema; gives the check of a value by jsonschema, which fetches nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from mockgen_watch.rules.values import RuleError, is_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from mockgen_watch.spec.document import Json


def _is_integer(_checker: object, value: Any) -> bool:  # noqa: ANN401 - jsonschema's signature
    return isinstance(value, int | Decimal) and is_type(value, "integer")


_Validator: Final[Any] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def foreign_check(schema: Json) -> Callable[[Json], str]:
    """Return the check of a value against ``schema``.

    Raises:
        RuleError: the schema is not valid.
    """
    try:
        _Validator.check_schema(schema)
    except SchemaError as error:
        raise RuleError(f"the JSON Schema is not valid: {error.message}") from error
    # An empty registry: jsonschema would follow http: and file: references otherwise.
    validator = _Validator(schema, registry=Registry())

    def check(value: Json) -> str:
        try:
            error = next(validator.iter_errors(value), None)
        except Unresolvable as lost:
            raise RuleError(f"the JSON Schema refers to what is not in it: {lost}") from lost
        return "" if error is None else str(error.message)

    return check
