"""Takes short words; gives shapes, generators and plans as a spec would build them, for tests."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Location
from mockgen_watch.plan.model import RecordPlan
from mockgen_watch.spec.generators import (
    Distribution,
    DistributionKind,
    Moment,
    MomentKind,
    Number,
    Pool,
    PoolEntry,
    Reference,
    Template,
    TemplatePart,
)
from mockgen_watch.spec.model import (
    ELEMENT,
    ArrayShape,
    Leaf,
    Member,
    Modifiers,
    ObjectShape,
    Origin,
    OriginKind,
)
from mockgen_watch.spec.moments import ISO_FORMATS, read_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import Shape

HERE = Location(path="specs/x/user_input.yaml")
ORIGIN = Origin(kind=OriginKind.MODEL, name="M", location=HERE)


def decimal(value: float | str | Decimal) -> Decimal:
    """Return a number as it is written."""
    return Decimal(str(value))


def modifiers(*, null: float | str = 0, omit: float | str = 0, **others: Any) -> Modifiers:  # noqa: ANN401
    """Return modifiers; what is not said does nothing."""
    return Modifiers(null=decimal(null), omit=decimal(omit), **others)


def leaf(
    generator: Generator,
    *address: str,
    coerce_number: bool = False,
    **others: Any,  # noqa: ANN401
) -> Leaf:
    """Return a leaf at ``address``; ``others`` are modifiers."""
    return Leaf(
        generator=generator,
        modifiers=modifiers(**others),
        address=address,
        origin=ORIGIN,
        coerce_number=coerce_number,
    )


def obj(
    members: Mapping[str, Shape],
    *address: str,
    null: float | str = 0,
    omit: float | str = 0,
) -> ObjectShape:
    """Return an object."""
    return ObjectShape(
        members=tuple(
            Member(name=name, shape=shape, location=HERE) for name, shape in members.items()
        ),
        modifiers=modifiers(null=null, omit=omit),
        address=address,
        origin=ORIGIN,
    )


def array(
    items: Shape | None,
    minimum: int,
    maximum: int,
    *address: str,
    elements: Iterable[Shape] = (),
    null: float | str = 0,
    omit: float | str = 0,
) -> ArrayShape:
    """Return an array of ``minimum`` to ``maximum`` items behind ``elements``."""
    return ArrayShape(
        elements=tuple(elements),
        items=items,
        minimum=minimum,
        maximum=maximum,
        modifiers=modifiers(null=null, omit=omit),
        address=address,
        origin=ORIGIN,
    )


def below(*address: str) -> tuple[str, ...]:
    """Return the address of the elements of the array at ``address``."""
    return (*address, ELEMENT)


def pool(*values: Json, weights: Iterable[float | str | Decimal] = ()) -> Pool:
    """Return a pool; all values weigh 1 by default."""
    each = list(weights) or [1] * len(values)
    return Pool(
        entries=tuple(
            PoolEntry(value=value, weight=decimal(weight), identity=canonical(value), location=HERE)
            for value, weight in zip(values, each, strict=True)
        )
    )


def number(
    low: float | str | Decimal | None,
    high: float | str | Decimal | None,
    decimals: int = 0,
    *,
    kind: str = "uniform",
    step: float | str | None = None,
    **params: float | str,
) -> Number:
    """Return a number; an integer when it has no decimals."""
    return Number(
        integer=decimals == 0,
        minimum=None if low is None else decimal(low),
        maximum=None if high is None else decimal(high),
        decimals=decimals,
        step=Decimal(1).scaleb(-decimals) if step is None else decimal(step),
        distribution=Distribution(
            kind=DistributionKind(kind),
            params=tuple(sorted((name, decimal(value)) for name, value in params.items())),
        ),
    )


def moment(kind: str, first: str, last: str, form: str = "", step: int = 1) -> Moment:
    """Return a date, date-time or time between two ends in ISO 8601."""
    which = MomentKind(kind)
    return Moment(
        kind=which,
        first=read_moment(first, which),
        last=read_moment(last, which),
        step=step,
        format=form or ISO_FORMATS[which],
    )


def template(*parts: str | tuple[str, ...]) -> Template:
    """Return a template: text, and tuples of keys for fields."""
    return Template(
        parts=tuple(
            TemplatePart(text=part) if isinstance(part, str) else TemplatePart(path=part)
            for part in parts
        )
    )


def reference(model: str, *path: str) -> Reference:
    """Return a reference to a field of another model's base records."""
    return Reference(suite="", model=model, path=path, scenario="base")


def plan(
    members: Mapping[str, Shape],
    *,
    seed: int = 42,
    model: str = "M",
    count: int = 1000,
    parents: Mapping[Reference, RecordPlan] | None = None,
) -> RecordPlan:
    """Return the plan of records with ``members``."""
    return RecordPlan(
        seed=seed,
        model_id=model,
        shape=obj(members),
        count=count,
        parents=tuple((parents or {}).items()),
    )
