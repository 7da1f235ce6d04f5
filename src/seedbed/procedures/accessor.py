"""What makes `record.member(...)` a method of every record: an accessor, as xarray calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.engine.replay import Opened
    from seedbed.spec import Spec


class Members:
    """What `record.member` is: called with a seed or a choice and with levels, it opens that member."""

    def __init__(self, record: xr.Dataset) -> None:
        self._record = record

    def __call__(self, seed: int | str, question: Spec | None = None, **levels: Any) -> Opened:
        """Open a member; see `seedbed.procedures.members.member`."""
        from seedbed.procedures.members import member  # late: members are opened by running

        return member(self._record, seed, question, **levels)


def with_members() -> None:
    """Give every record `record.member(...)`; once."""
    import xarray as xr

    if not hasattr(xr.Dataset, "member"):
        xr.register_dataset_accessor("member")(Members)
