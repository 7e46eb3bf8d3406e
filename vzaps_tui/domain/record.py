"""Frozen dataclasses that cost the start next to nothing: each method is made when it is used.

The standard library compiles six functions for a frozen class, some 0.5 ms each class, and the
first frame needs scores of them. Here `__init__` is compiled when the first object is made; the
others are the same for all classes. To type checkers it is `dataclasses.dataclass`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast

T = TypeVar("T")

_set = object.__setattr__
_LATER = object()
"""Stands for a default that is made anew for each object."""


def _decorator(
    *, frozen: bool = False, slots: bool = False, order: bool = False, eq: bool = True
) -> Callable[[type[T]], type[T]]:
    """As `dataclasses.dataclass` of the same arguments.

    Only frozen classes that are compared by value are made quickly, the others as ever.
    Fields have no `init=False` and no `kw_only`: TypeError.
    """
    if not frozen or order or not eq:
        return dataclasses.dataclass(frozen=frozen, slots=slots, order=order, eq=eq)
    return lambda cls: _frozen(cls, slots=slots)


def _frozen(cls: type[T], *, slots: bool) -> type[T]:
    own = frozenset(name for name, value in vars(cls).items() if value is not None)
    made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    fields = dataclasses.fields(cast("Any", made))
    if any(one.kw_only or not one.init for one in fields):
        raise TypeError(f"{cls.__name__}: init=False and kw_only are not made here")
    parameters: Any = made.__dict__["__dataclass_params__"]
    parameters.frozen = parameters.init = parameters.repr = parameters.eq = True
    methods: dict[str, Callable[..., object]] = {
        "__init__": _first_init(made, fields),
        "__repr__": _repr,
        **_comparing(fields),
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
    }
    if slots:  # what copies and pickles would set attributes else
        methods |= {"__getstate__": _state, "__setstate__": _restore}
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _first_init(cls: type[Any], fields: Sequence[Field[Any]]) -> Callable[..., None]:
    """An `__init__` that makes the real one, and puts it in its own place."""

    def __init__(self: object, *values: object, **named: object) -> None:  # noqa: N807 - its name
        made = _init(fields, ends=hasattr(cls, "__post_init__"))
        cls.__init__ = made
        made(self, *values, **named)

    return __init__


def _init(fields: Sequence[Field[Any]], *, ends: bool) -> Callable[..., None]:
    names: dict[str, object] = {"_set": _set, "_LATER": _LATER}
    heads, lines = ["self"], list[str]()
    for one in fields:
        name, value = one.name, one.name
        if one.default is not MISSING:
            names[f"_default_{name}"] = one.default
            heads.append(f"{name}=_default_{name}")
        elif one.default_factory is not MISSING:
            names[f"_make_{name}"] = one.default_factory
            heads.append(f"{name}=_LATER")
            value = f"_make_{name}() if {name} is _LATER else {name}"
        else:
            heads.append(name)
        lines.append(f"    _set(self, {name!r}, {value})\n")
    if ends:
        lines.append("    self.__post_init__()\n")
    body = "".join(lines) or "    pass\n"
    exec(f"def __init__({', '.join(heads)}):\n{body}", names)  # noqa: S102 - names of fields of ours
    return cast("Callable[..., None]", names["__init__"])


def _comparing(fields: Sequence[Field[Any]]) -> dict[str, Callable[..., object]]:
    compared = _values(tuple(one.name for one in fields if one.compare))
    hashed = _values(
        tuple(one.name for one in fields if (one.compare if one.hash is None else one.hash))
    )

    def __eq__(self: object, other: object) -> bool:  # noqa: N807 - its name
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def __hash__(self: object) -> int:  # noqa: N807 - its name
        return hash(hashed(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _values(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    """What takes the values of these fields out of an object."""
    if len(names) > 1:
        return cast("Callable[[object], tuple[object, ...]]", attrgetter(*names))
    return lambda one: tuple(getattr(one, name) for name in names)


def _repr(self: object) -> str:
    fields = dataclasses.fields(cast("Any", self))
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(self: object, name: str, value: object) -> None:
    del self, value
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    del self
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: object) -> list[object]:
    return [getattr(self, one.name) for one in dataclasses.fields(cast("Any", self))]


def _restore(self: object, state: list[object]) -> None:
    for one, value in zip(dataclasses.fields(cast("Any", self)), state, strict=True):
        _set(self, one.name, value)


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - given on
else:
    dataclass = _decorator
