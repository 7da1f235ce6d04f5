"""Two records, or two settings of one, against each other. The statistics are `seedbed.stats.two_sample`'s."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seedbed.cli.levels import changes
from seedbed.cli.screen import write_json, write_table
from seedbed.errors import UserError

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats import Hits, Members, TwoSample
    from seedbed.stats.interval import Interval

MOST = 8  # differences between two questions that are named


def compare(
    a: Annotated[str, typer.Argument(metavar="A", show_default=False, help="A folder that a run has left.")],
    b: Annotated[
        str, typer.Argument(metavar="B", show_default=False, help="Another one, or a setting: activation=relu,loss=l2.")
    ],
    other: Annotated[
        str | None, typer.Argument(metavar="C", show_default=False, help="A second setting of the same folder.")
    ] = None,
    of: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="What is compared; the steps to the target, if there is one.")
    ] = None,
    better: Annotated[
        Literal["lower", "higher"] | None,
        typer.Option(help="Which way is better, where it is no loss, accuracy or step."),
    ] = None,
    record: Annotated[str | None, typer.Option(metavar="NAME", help="Which record, where a run left several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
) -> None:
    """Compare two records, or two settings of one.

    seedbed compare seedbed-runs/four_settings activation=relu,loss=l2 activation=sigmoid,loss=l2

    Two records are compared in the settings that both have. Under the same seeds everything is paired; else the members
    are taken as independent, and the screen says so. Runs nothing.
    """
    found, notes = _of_one(a, b, other, of, better, record) if "=" in b else _of_two(a, b, other, of, better, record)
    if as_json:
        write_json({"notes": notes, "comparisons": [two_sample.plain() for two_sample in found]})
        return
    for line in notes:
        typer.echo(line)
    for two_sample in found:
        typer.echo(("\n" if notes or two_sample is not found[0] else "") + two_sample.sentence())
        _write(two_sample)


def _of_one(
    folder: str, a: str, b: str | None, of: str | None, better: Any, name: str | None
) -> tuple[list["TwoSample"], list[str]]:
    """Two settings of one record."""
    if b is None:
        raise UserError(
            f'two settings are compared, got only "{a}"; name the other one: seedbed compare {folder} {a} ...'
        )
    whole = _open(folder, name)
    if _levels(a, whole) == _levels(b, whole):
        raise UserError(f'"{a}" and "{b}" are one setting; name two')
    words = [_shortest(whole, _levels(text, whole)) for text in (a, b)]
    sides = [_values(whole, of, _levels(text, whole)) for text in (a, b)]
    return [_compared(sides[0], sides[1], (words[0], words[1]), of, better)], []


def _of_two(
    a: str, b: str, extra: str | None, of: str | None, better: Any, name: str | None
) -> tuple[list["TwoSample"], list[str]]:
    """Two records, in every setting they share; where each has one setting, those."""
    from seedbed.record import name_of
    from seedbed.stats import two_sample

    if extra is not None:
        raise UserError(
            f'two records are compared, got a third word "{extra}"; name two folders, or one and two settings'
        )
    one, other = _open(a, name), _open(b, name)
    mine, theirs = _varied(one, other), _varied(other, one)
    common = [key for key in mine if key in theirs]
    if not common:
        shown = "; ".join(name_of(levels) for levels in list(theirs.values())[:4])
        raise UserError(f"{a} and {b} have no setting in common ({b} has {shown}); compare records of the same factors")
    found: list[two_sample.TwoSample] = []
    for key in common:
        what = f" ({', '.join(str(level) for _, level in key)})" if len(common) > 1 else ""
        sides = _values(one, of, mine[key]), _values(other, of, theirs[key])
        found.append(_compared(sides[0], sides[1], (f"{a}{what}", f"{b}{what}"), of, better))
    return (two_sample.together(found) if len(found) > 1 else found), [_differences(one, other)]


def _varied(record: "xr.Dataset", beside: "xr.Dataset") -> dict[tuple[tuple[str, Any], ...], dict[str, Any]]:
    """Every setting by its levels of the factors that vary in either of the two records."""
    from seedbed.record import settings

    found: dict[tuple[tuple[str, Any], ...], dict[str, Any]] = {}
    for levels in settings(record):
        varied = [name for name in levels if max(record.sizes[name], beside.sizes.get(name, 1)) > 1]
        found[tuple((name, levels[name]) for name in sorted(varied))] = levels
    return found


def _open(folder: str, name: str | None) -> "xr.Dataset":
    """The record of a run's folder, or of its folder `record`."""
    from seedbed.store import open_record

    path = Path(folder)
    return open_record(path / "record" if (path / "record").is_dir() else path, name)


def _levels(text: str, record: "xr.Dataset") -> dict[str, Any]:
    """`activation=relu,loss=l2` as one setting of the record; a factor with one level may be left out."""
    from seedbed.record import as_labelled, factors, select

    words: list[str] = []
    for piece in text.split(","):  # a comma inside leaky_relu(slope=0.1) belongs to its level
        words = [*words, piece] if _names(piece, record) or not words else [*words[:-1], f"{words[-1]},{piece}"]
    asked = {name: levels[0] if len(levels) == 1 else str(levels) for name, levels in changes(words).items()}
    labels = {name: record[name].values.tolist() for name in factors(record)}
    chosen = as_labelled(record, asked)
    select(record, chosen)  # refuses what is no factor or no level
    for name, known in labels.items():
        if name not in chosen and len(known) > 1:
            raise UserError(
                f'"{text}" leaves {name} open, which has {", ".join(map(str, known))}; '
                f"name one: {text},{name}={known[0]}"
            )
    return {name: chosen.get(name, known[0]) for name, known in labels.items()}


def _names(piece: str, record: "xr.Dataset") -> bool:
    return piece.partition("=")[0].strip() in record.dims


def _values(record: "xr.Dataset", of: str | None, levels: Mapping[str, Any]) -> "Hits | Members":
    from seedbed import stats
    from seedbed.stats.summary import has_target

    part = record.sel({name: [level] for name, level in levels.items()})
    if of is None and has_target(record):
        return stats.hits(part)
    if of in (None, "hit_step"):
        known = ", ".join(str(name) for name in record.data_vars if str(name).startswith("final_"))
        if of is None:
            raise UserError(f"this record has no target to arrive at; say what to compare: --of {known or 'VARIABLE'}")
        return stats.hits(part)
    return stats.read(part, of)


def _compared(
    a: "Hits | Members", b: "Hits | Members", names: tuple[str, str], of: str | None, better: Any
) -> "TwoSample":
    from seedbed import stats
    from seedbed.stats import two_sample

    if better == "higher" and isinstance(a, stats.Hits):
        raise UserError("of steps to arrive fewer are better, got --better higher; leave it out")
    way = better or _usual(of)
    return two_sample.compare(a, b, names, way, f"mean {of}" if of else "mean")


def _usual(of: str | None) -> Literal["lower", "higher"]:
    """Which way is better for steps, losses and accuracies; of anything else only the user knows."""
    if of in (None, "hit_step") or str(of).endswith("loss"):
        return "lower"
    if str(of).endswith("accuracy"):
        return "higher"
    raise UserError(
        f"which way is better is known of losses and accuracies, got --of {of}; add --better lower or higher"
    )


def _shortest(record: "xr.Dataset", levels: Mapping[str, Any]) -> str:
    """A setting in the words of the factors that vary."""
    from seedbed.record import name_of

    return name_of({name: level for name, level in levels.items() if record.sizes[name] > 1} or levels)


def _differences(one: "xr.Dataset", other: "xr.Dataset") -> str:
    """In one line, what differs between two questions."""
    first, second = (_flat(json.loads(record.attrs.get("spec", "{}"))) for record in (one, other))
    told = [f"{key}: {_short(first.get(key))} and {_short(second.get(key))}"
            for key in dict.fromkeys([*first, *second]) if first.get(key) != second.get(key)]  # fmt: skip
    told += [f"{key}: {_short(one.attrs.get(key))} and {_short(other.attrs.get(key))}"
             for key in ("engine", "dtype") if one.attrs.get(key) != other.attrs.get(key)]  # fmt: skip
    if not told:
        return "Both ask the same question."
    rest = f"; and {len(told) - MOST} more" if len(told) > MOST else ""
    return f"Their questions differ (A and B): {'; '.join(told[:MOST])}{rest}."


def _flat(plain: Any, path: str = "") -> dict[str, Any]:
    """Nested data as dotted names."""
    if isinstance(plain, Mapping) and plain:
        return {key: value for name, inner in plain.items()
                for key, value in _flat(inner, f"{path}.{name}" if path else str(name)).items()}  # fmt: skip
    if isinstance(plain, list) and any(isinstance(one, (Mapping, list)) for one in plain):
        return {key: value for at, inner in enumerate(plain) for key, value in _flat(inner, f"{path}.{at}").items()}
    return {path.removesuffix(".dial"): plain}


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _write(two_sample: "TwoSample") -> None:
    """The numbers behind the sentence."""
    hits = bool(two_sample.a.arrived)
    head = ["", "n", *(["arrived"] if hits else []), "median", "restricted mean" if hits else "mean",
            *([] if hits else ["middle mean"])]  # fmt: skip
    body = [
        [f"{letter}  {side.name}", str(side.n), *([_arrived(side.arrived)] if side.arrived else []),
         _median(side.median, hits), str(side.mean), *([str(side.middle)] if side.middle else [])]
        for letter, side in (("A", two_sample.a), ("B", two_sample.b))
    ]  # fmt: skip
    write_table(head, body)
    rows = [
        ["mean of A - mean of B", str(two_sample.difference), _p(two_sample.p)],
        ["typical seeds", "", _p(two_sample.ranks.p)],
    ]
    if two_sample.curves:
        rows.append(["course of arrival", "", _p(two_sample.curves.p)])
    if two_sample.shares and two_sample.share_test:
        rows.append(["share of A - share of B", str(two_sample.shares), _p(two_sample.share_test.p)])
    rows.append(["P(A beats B), ties half", str(two_sample.beats), ""])
    rows.append(["one run of each misleads", _misleads(two_sample), ""])
    rows.append(["seeds needed, power 0.8 and 0.9", _seeds(two_sample.needed.expected), ""])
    rows.append(["the same, cautiously", _seeds(two_sample.needed.cautious), ""])
    write_table(["", "95 % interval", "p"], rows)
    also = f", also under the {two_sample.common} seeds that both have" if two_sample.common else ""
    typer.echo("Paired by seed." if two_sample.paired else f"The seeds differ: members taken as independent{also}.")
    typer.echo(f"means: {'; '.join(filter(None, (two_sample.test.method, two_sample.family)))}")
    typer.echo(f"typical seeds: {two_sample.ranks.method}")
    if two_sample.curves:
        typer.echo(f"course of arrival: {two_sample.curves.method}")
    if two_sample.share_test:
        typer.echo(f"shares: {two_sample.share_test.method}")


def _arrived(share: "Interval") -> str:
    return f"{round(share.estimate * share.n)} [{share.low:.0%}, {share.high:.0%}]"


def _median(median: "Interval", hits: bool) -> str:
    if not hits:
        return str(median)
    return "not reached" if median.estimate != median.estimate else str(median).replace("-]", "not reached]")


def _misleads(two_sample: "TwoSample") -> str:
    chance = two_sample.one_run.misleads
    return str(chance) if chance.estimate == chance.estimate else chance.method


def _seeds(counts: Mapping[float, int | None]) -> str:
    return ", ".join(f"{count:,}" if count else "no number" for count in counts.values())


def _p(p: float) -> str:
    return "-" if p != p else "< 0.0001" if p < 1e-4 else f"{p:.4f}"
