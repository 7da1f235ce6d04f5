"""Published single runs beside the distribution, from the study's claims alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.report.context import Block, Context
from seedbed.report.numbers import interval, percent
from seedbed.report.page import Answer, Reading, Table
from seedbed.report.show.arriving import one_run

MOST = 4  # runs that an answer names


def published(*, record: str | Sequence[str] = "", table: bool = True) -> Block:
    """Every published single run of the claims: the share of members here that arrived in fewer steps.

    `record` names the record that they stand beside, or several. Without `table` only the reading: the section of the
    claims has a table of these runs too.
    """
    several = not isinstance(record, str)

    def items(context: Context) -> Iterator[Table | Reading | Answer]:
        listed = [record] if isinstance(record, str) else [name for name in record if context.has(name)]
        found = [{"record": name, **one} if several else one for name in listed for one in beside(context, name)]
        yield Reading("published", found)
        if not found or not table:
            return
        n = found[0]["n"]
        cells = [
            (
                one["who"],
                one["step"],
                _share(one["share_of_members_faster"]),
                f"{one['record']}: {one['setting']}, n = {one['n']}" if several else one["setting"],
                one["set_up"] or "as here",
            )
            for one in found
        ]
        yield Table(
            ("report", "published step", "members faster", "beside", "its set-up"),
            cells,
            "Published single runs, and the share of members here that arrived in fewer steps, with 95 % Wilson "
            f"intervals{'' if several else f'; n = {n} per setting'}. A run with another set-up is listed, not judged.",
        )
        told = [
            f"{one['step']:,.0f} steps ({one['who']}) are beaten by {_share(one['share_of_members_faster'])}"
            for one in found
            if one["same_set_up"]
        ]
        if told:
            yield Answer(f"Of the published runs with this set-up, {'; '.join(told[:MOST])} of the members here.")

    return Block("Published single runs beside the distribution", items)


def beside(context: Context, record: str = "") -> list[dict[str, Any]]:
    """Each published run that this run has the setting of: where it lies in that setting's distribution."""
    scored = context.scored(record, "hit_step", "lower")
    found: list[dict[str, Any]] = []
    for claim in context.study.claims:
        name, step = one_run(claim, context, record)
        if step is None or scored.hits is None or name not in scored.names:
            continue
        steps = np.nan_to_num(scored.hits.members.values[:, scored.names.index(name)], nan=np.inf)
        share = sb.stats.wilson(int((steps < step).sum()), int(steps.size))
        found.append(
            {
                "setting": name,
                "who": claim.source.partition(",")[0],
                "step": step,
                "n": int(steps.size),
                "share_of_members_faster": share,
                "set_up": claim.differs,
                "same_set_up": not claim.differs,
            }
        )
    return found


def _share(share: Any) -> str:
    return interval(share, percent)
