"""`seedbed new NAME`: a study file of one's own, small enough to read at a glance and ready to run."""

import keyword
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from seedbed.errors import UserError

STUDY = '''\
"""{name}: is an activation of my own faster than the usual ones?  Run it: seedbed run {name}.py"""

import jax.numpy as jnp

import seedbed as sb


def ripple(z):  # your own activation, written for one number z; seedbed finds its gradient and its ensemble
    return z + jnp.sin(z) ** 2


def ask(profile):  # what is trained; also: seedbed list datasets, models, losses, optimizers, initializers
    net = sb.Spec(data=sb.data.random_images(64, (4, 4)), model=sb.models.mlp([4], activation="relu"),
                  initializer=sb.initializers.truncated_normal(0.1, bias=0.1), loss="cross_entropy",
                  optimizer=sb.optimizers.sgd(0.1), stop=sb.reaches("train_accuracy", 1.0), steps=profile.steps)
    return net.vary(activation=["relu", "sigmoid", ripple])  # add loss=["l2", "cross_entropy"] for a grid


study = sb.Study(
    name="{name}", title="An activation of my own", source="myself", question="Which one learns faster?", ask=ask,
    profiles={{"smoke": {{"seeds": 8, "steps": 500}}, "quick": {{"seeds": 64, "steps": 10_000}},
              "full": {{"seeds": 1024, "steps": 10_000}}}},
    score=sb.score("hit_step"),  # or a last value, such as sb.score("final_train_loss")
    page=[sb.show.curves("train_loss"), sb.show.arrivals(), sb.show.compare(to="relu")])
'''


def new(name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)]) -> None:
    """Write NAME.py, a study of one's own, ready to run.

    A file that is already there is never overwritten.
    """
    from seedbed.studies import TABLE

    if not name.isidentifier() or keyword.iskeyword(name):
        raise UserError(
            f'a study is named by a Python identifier, got "{name}"; write for instance: seedbed new my_study'
        )
    if name in TABLE:
        raise UserError(f'"{name}" is already a study of the catalogue, and its results would mix; choose another name')
    if name in sys.stdlib_module_names:
        raise UserError(
            f'"{name}" is a module of Python itself, which a file of this name would hide; choose another name'
        )
    path = Path(f"{name}.py")
    installed = None if os.path.lexists(path) else find_spec(name)
    if installed is not None and installed.origin is not None:
        raise UserError(
            f'"{name}" is a module that is installed, which a file of this name would hide; choose another name'
        )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STUDY.format(name=name))
    except FileExistsError:
        raise UserError(f"{path} is already here and is left as it is; choose another name, or move the file") from None
    except OSError as error:
        raise UserError(
            f"{path} cannot be written here: {error.strerror or error}; choose a shorter name, or go to a folder of "
            "your own with room in it"
        ) from None
    typer.echo(f"wrote {path}; run it with: seedbed run {path}")
