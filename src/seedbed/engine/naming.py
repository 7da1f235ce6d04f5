"""What a traced program is called: a digest of what it computes, and of nothing else.

The text of a lowered program holds everything that tracing has read: a user's functions and whatever they call,
globals, files, settings of jax, and every constant byte by byte. Names of functions, comments and line numbers are not
in it. Source and bytecode are never looked at: they miss what is computed elsewhere, and change where nothing does.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr
from jax.extend.mlir import ir

from seedbed.errors import PartError
from seedbed.spec import Spec

DEFINED = re.compile(r'(?:module|func\.func)(?: public| private)? @("[^"]+"|[\w.$-]+)')
USED = re.compile(r'@("[^"]+"|[\w.$-]+)')
LABELS = re.compile(r'jax\.(?:result_info|arg_info) = "[^"]*"')
OUTSIDE = frozenset({"pure_callback", "io_callback", "debug_callback", "debug_print"})


def name_of(*programs: Any) -> str:
    """Sixteen hexadecimal digits of traced programs (`jax.stages.Traced`), together."""
    return short(*(f"{_text(traced.lower())} {_constants(traced)}" for traced in programs))


def text_name(lowered: Any) -> str:
    """The SHA-256 of a lowered program's text, and of how its arguments and results are arranged."""
    return hashlib.sha256(f"{_text(lowered)} {lowered.in_tree} {lowered.out_tree}".encode()).hexdigest()


def sign(lowered: Any, name: str) -> None:
    """Give a program its own name, which stays with it when it is compiled and kept."""
    module = lowered.compiler_ir().operation
    with module.context:
        module.attributes["sym_name"] = ir.StringAttr.get(signed(name))


def signed(name: str) -> str:
    """The signature of a program of that name: XLA lets a name begin with a letter only."""
    return f"program_{name}"


def signature(program: Any) -> str:
    """What `sign` has called a compiled program, also where it comes from jax's cache."""
    return program.runtime_executable().hlo_modules()[0].name


def short(*texts: str) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of some texts, in their order."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(f"{len(text)} {text}".encode())
    return digest.hexdigest()[:16]


def stays_inside(spec: Spec, *programs: Any) -> None:
    """Raise PartError where a program calls back into Python: what is computed there, no trace can tell."""
    for traced in programs:
        found = OUTSIDE & set(_primitives(traced.jaxpr.jaxpr, set()))
        if found:
            raise PartError(
                f"{_own(spec)} calls Python while it trains ({sorted(found)[0]}), where nothing can tell what it "
                "computes; write it with jax.numpy alone"
            )


def same_twice(spec: Spec, first: str, second: str) -> None:
    """Raise PartError where tracing twice has given two programs."""
    if first != second:
        raise PartError(
            f"{_own(spec)} becomes another program each time it is traced: something in it changes from call to call, "
            "such as numpy.random, a counter or a clock; draw random numbers from the key it is given"
        )


def _text(lowered: Any) -> str:
    """The text of a lowered program with its functions numbered in the order in which they stand."""
    text = LABELS.sub("", lowered.as_text())
    numbers = {name: f"@{number}" for number, name in enumerate(dict.fromkeys(DEFINED.findall(text)))}
    return USED.sub(lambda found: numbers.get(found[1], found[0]), text)


def _constants(traced: Any) -> str:
    """The SHA-256 of the constants of a program: jax can be set to leave them out of the text."""
    digest = hashlib.sha256()
    for constant in traced.jaxpr.consts:
        array = np.asarray(constant)
        digest.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _primitives(jaxpr: Jaxpr, seen: set[int]) -> Iterator[str]:
    """The names of all primitives in a jaxpr and in those inside it."""
    if id(jaxpr) in seen:
        return
    seen.add(id(jaxpr))
    for equation in jaxpr.eqns:
        yield equation.primitive.name
        for value in equation.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                if isinstance(inner, ClosedJaxpr):
                    yield from _primitives(inner.jaxpr, seen)
                elif isinstance(inner, Jaxpr):
                    yield from _primitives(inner, seen)


def _own(spec: Spec) -> str:
    """The user's own functions of a question, in words."""
    names = [getattr(function, "__name__", type(function).__name__) for function in spec.functions(["data"])]
    return ", ".join(dict.fromkeys(names)) or "this question"
