"""What is measured without training and drawn from no seed, kept like any other record, under seed 0.

The kind and its parameters are the identity; the sources of seedbed are what made it, so that other sources measure
anew. Training, landscapes and times go through `procedures.run`, which keeps one block for each setting.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from seedbed.procedures.executors import sources
from seedbed.record import Block
from seedbed.spec import digest
from seedbed.store import Store, absent
from seedbed.store.questions import Question, write_question

SEEDS = range(1)  # one, that stands for "nothing was drawn"


def kept(
    kind: str, parameters: Mapping[str, Any], compute: Callable[[], Block], *, store: Store | None, name: str,
    attributes: Mapping[str, Any],
) -> Block:  # fmt: skip
    """What `compute` gives, from the store where it is there; `name` and `attributes` are those of its record."""
    if store is None:
        return compute()
    identity = {"kind": kind, **parameters}
    key = digest(identity)

    def there() -> list[Any]:
        return [file for file in store.files(key) if file.program == sources()]

    with store.claim(f"{kind}-{key}"):
        if absent(there(), SEEDS):
            block = compute()
            store.save(key, identity, replace(block, meta={**block.meta, "program": sources()}))
    store.describe(key, identity)
    block = store.load(key, SEEDS, there())
    write_question(store.folder, name, Question({}, [key], SEEDS, {**block.meta, **attributes}, [[sources()]]))
    return block
