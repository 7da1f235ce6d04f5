"""A study: one question of the catalogue, with where it comes from, how it is run, and how its answer is told.

Everything here is data. What a study asks is words of `measures` and `Spec`; its page is blocks of `report.show`;
`catalogue` carries it out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from seedbed.errors import SpecError, nearest, one_of, shown

ProfileName = Literal["smoke", "quick", "full"]
PROFILES: tuple[ProfileName, ...] = ("smoke", "quick", "full")
USUAL: Mapping[ProfileName, Mapping[str, Any]] = {
    "smoke": {"seeds": 8},
    "quick": {"seeds": 256},
    "full": {"seeds": 1024},
}


@dataclass(frozen=True)
class Profile:
    """How much of a study is run: its name, its seeds, and the numbers a study gives it, read as `profile.steps`.

    `reduced` says what is left out compared with the source, `takes` how long it takes on two cores where an upper
    bound from the questions would mislead, `engine` which engine runs it.
    """

    name: ProfileName
    seeds: int
    engine: str = "jax"
    reduced: str = ""
    takes: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        numbers = self.__dict__.get("numbers", {})
        if name.startswith("__") or name not in numbers:
            raise AttributeError(f'the profile has no number "{name}"{nearest(name, numbers)}; give it in profiles=')
        return numbers[name]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A published statement: who said it, where, in our words, and the line that decides it.

    `check` is a line of `seedbed.stats.checks`, such as "median(hit_step, activation=relu) < 1000", about the record
    named `record` (by default the study's first) or what `Study.outcomes` derives. `value` is the figure published.
    What the statement assumes beyond the study's full question: `assumes="course files"`, the course's own data, which
    `--data` brings (numbers need them; an order should hold on any set of the law). `differs` names what is known to
    have been different in the published run: then no verdict but "set-up differs" is given, beside the evidence.
    `contradicts` is the id of a claim of the same study that says the opposite.
    """

    id: str
    source: str
    statement: str
    check: str = ""
    record: str = ""
    assumes: str = ""
    differs: str = ""
    contradicts: str = ""
    value: float | None = None

    @classmethod
    def table(cls, columns: str, rows: Sequence[Sequence[Any]], **fields: str) -> "tuple[Claim, ...]":
        """A claim for each row of a table, every field written once with the row's columns in braces.

        `columns` are names with blanks between them; columns that are named as fields of a claim, and not written, are
        these fields. A field that is one column alone, such as `value="{step}"`, is that number itself.

        >>> rows = [("zhang-20", "Zhang & Li 2018", 20)]
        >>> claim, = Claim.table("id source value", rows, statement="learned after {value:,} steps")
        >>> claim.id, claim.source, claim.value, claim.statement
        ('zhang-20', 'Zhang & Li 2018', 20, 'learned after 20 steps')
        """
        names = columns.split()
        own = {name: f"{{{name}}}" for name in names if name in cls.__dataclass_fields__}
        made = [(dict(zip(names, row, strict=True)), {**own, **fields}) for row in rows]
        return tuple(cls(**{name: _filled(text, row) for name, text in written.items()}) for row, written in made)


def _filled(text: str, row: Mapping[str, Any]) -> Any:
    alone = text[1:-1] if text[:1] + text[-1:] == "{}" else ""
    return row[alone] if alone in row else text.format(**row)


@dataclass(frozen=True)
class Score:
    """The one number per member that a study is about: a variable of a record, and which direction is better.

    "hit_step" where the question is when members arrive: a member that never does counts with the cap. `record` is one
    of the study's records or outcomes (by default the first), `words` the number in words.
    """

    variable: str
    better: Literal["lower", "higher"] = "lower"
    record: str = ""
    words: str = ""

    def __post_init__(self) -> None:
        one_of(self.better, ("lower", "higher"), "better, of a score,")
        variable: Any = self.variable
        if not isinstance(variable, str) or not variable:
            raise SpecError(f'a score is a variable of the record, got {shown(variable)}; write "final_test_loss"')


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question of the catalogue.

    `ask` takes a `Profile` and returns what is asked by the name of its record: a `Spec` for training, or a word of
    `measures` for what else there is; a single `Spec` is kept as "record". It computes nothing and looks nothing up.
    `profiles` gives the numbers of each profile: `{"smoke": {"seeds": 8, "steps": 200, "reduced": "..."}, ...}`.
    `page` lists sections, blocks of `report.show`, or functions of one's own from the context to items; without one
    every record is shown by the usual ones. `together` puts arrivals of several records side by side, as an outcome:
    `{"networks": {"convolutional": "lines", "dense": "dense"}}`, name -> level shown -> record. `outcomes` makes
    further records, one number per member, that claims are about; their attribute `of` names the records an outcome is
    from (with blanks between them), `read_at` the step at which it is read. `picture` names the figure that shows the
    answer; without one it is the score of every setting with its interval. `decided` states what the source leaves open
    and how it is settled here.
    """

    name: str
    title: str
    source: str
    question: str
    ask: Callable[[Profile], Any] | None = None
    profiles: Mapping[ProfileName, Mapping[str, Any]] = field(default_factory=dict)
    score: Score | None = None
    page: Sequence[Any] = ()
    picture: str = ""
    together: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    outcomes: Callable[[Any], Mapping[str, Any]] | None = None
    decided: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would fail only when the page is made, after everything has been trained."""
        for name in ("page", "claims", "decided"):
            if isinstance(value := getattr(self, name), str) or not isinstance(value, Sequence):
                raise SpecError(f'{name} of study "{self.name}" is a list, got {shown(value)}; put it into [...]')
        strange: list[Any] = [entry for entry in self.page if not callable(entry) and not hasattr(entry, "items")]
        if strange:
            raise SpecError(
                f"a page lists sections and blocks, got {shown(strange[0])}; put it into sb.Section(title, [...])"
            )
        strange = [claim for claim in list[Any](self.claims) if not isinstance(claim, Claim)]
        if strange:
            raise SpecError(f"claims are a list of sb.Claim(...), got {shown(strange[0])}; write each as one")

    def profile(self, name: ProfileName, engine: str = "jax") -> Profile:
        """The numbers of one profile.

        Raises: SpecError for a profile without a number of seeds.
        """
        numbers = dict(self.profiles.get(name) or USUAL[name])
        if "seeds" not in numbers:
            raise SpecError(f'the profile "{name}" of study "{self.name}" has no seeds, got {numbers}; add "seeds": 8')
        known = {key: numbers.pop(key) for key in ("seeds", "reduced", "takes") if key in numbers}
        return Profile(name, engine=engine, **known, numbers=numbers)

    def asked(self, profile: Profile) -> Any:
        """What `ask` returns for a profile.

        Raises: SpecError for a study without a question.
        """
        if self.ask is None:
            raise SpecError(f'study "{self.name}" has no question, got ask=None; give it ask=')
        return self.ask(profile)
