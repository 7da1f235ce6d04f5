"""A page as a study would leave it: prose, formulas, tables, four drawings and one that turns."""

import numpy as np
import pytest
import xarray as xr
from drawings import drawing, surface

from seedbed.report.page import Figure, Formula, Page, Prose, Section, Table
from seedbed.study import Claim, Study


@pytest.fixture(scope="session")
def study() -> Study:
    return Study(
        name="sixteen-pixels",
        title="Which activation and which loss learn sixteen random pixels fastest?",
        source="After a classroom exercise of 2016 and two published solutions (Report A, p. 4; Report B, p. 2).",
        question="A net with 16 inputs, 4 hidden units and 1 output has to learn 64 random labels *perfectly*. "
        "How many steps of full-batch gradient descent does it take, and how often does it never arrive?",
        decided=(
            "The initial weights are drawn from a normal distribution of deviation 0.1, cut off at 2 deviations; "
            "both reports are silent on this.",
            "A label is learned when `output > 0.5` agrees with it.",
        ),
        profiles={"quick": {"seeds": 256, "reduced": "the cap is 10,000 steps instead of 100,000"}},
        claims=(Claim(id="a1", source="Report A", statement="Sigmoid with L2 is slower than with cross-entropy"),),
    )


@pytest.fixture(scope="session")
def records() -> dict[str, xr.Dataset]:
    spec = (
        '{"data":{"part":"random_images","count":64,"shape":[4,4]},"model":{"part":"mlp","activation":{"part":"relu"},'
        '"widths":[4]},"loss":{"part":"cross_entropy"},"optimizer":{"part":"sgd","learning_rate":{"dial":0.1}},'
        '"initializer":{"part":"truncated_normal","std":{"dial":0.1}},"output":null,"steps":10000,"batch_size":null,'
        '"trace":"log","stop":[{"metric":"train_accuracy","value":1.0,"direction":"at least"}],"metrics":[],'
        '"probes":[],'
        '"factors":{"activation":["relu","sigmoid"],"loss":["cross_entropy","l2"]}}'
    )
    hits = np.array([[917.0, np.nan], [4680.0, 9623.0]])
    return {"main": xr.Dataset({"hit_step": (("activation", "seed"), hits)}, attrs={"spec": spec, "cap": 10_000})}


@pytest.fixture(scope="session")
def page() -> Page:
    settings = [
        ("relu", "cross_entropy", 256, 0.98046875, "917 (850 to 990)", 3),
        ("relu", "l2", 256, 0.7421875, "4,680 (4,212 to 5,033)", None),
        ("sigmoid", "cross_entropy", 256, 1.0, "9,623 (9,400 to 9,801)", 0),
        ("sigmoid", "l2", 256, 0.00390625, "never arrived", float("nan")),
    ]
    return Page(
        [
            Section(
                "The question in a formula",
                [
                    Prose("Each network with weights `w` descends the mean loss over all 64 images,"),
                    Formula(
                        "w_(t+1) = w_t - eta 1/n sum_(i=1)^n nabla_w ell(f(x_i; w_t), y_i)",
                        "One step of gradient descent",
                    ),
                    Prose(
                        "where the loss is either the *cross-entropy* or the *squared error*. Their gradients differ "
                        "by one factor, the slope of the sigmoid, which **vanishes** where the output is sure and "
                        "wrong:\n\n"
                        "- cross-entropy: the slope cancels;\n- squared error: the slope stays.\n\n"
                        "See [the derivation](https://example.org/derivation) for both."
                    ),
                    Formula(
                        '(partial ell_"CE") / (partial z) = sigma(z) - y, quad quad '
                        "(partial ell_(L 2)) / (partial z) = 2 (sigma(z) - y) sigma(z) (1 - sigma(z))",
                        "The two gradients",
                    ),
                ],
            ),
            Section(
                "How the loss falls",
                [
                    Figure(
                        "loss",
                        drawing("curves"),
                        "Train loss of 60 of 256 networks with relu and cross-entropy, one faint line per seed. Half "
                        "of all networks are below 0.1 nats after 917 steps (95 % interval 850 to 990, n = 256); three "
                        "never get there before the cap of 10,000 steps and are counted as not arrived.",
                        "Sixty falling curves, fanning out by a factor of ten in time.",
                    ),
                    Prose(
                        "Every network falls in the same way, but the moment differs from seed to seed by a factor "
                        "of ten."
                    ),
                    Figure(
                        "share",
                        drawing("share"),
                        "Share of networks that have arrived, by step (n = 256 each).",
                        "Two rising steps.",
                    ),
                ],
            ),
            Section(
                "Which setting is faster",
                [
                    Prose("Of 256 networks with relu and cross-entropy, 251 arrived (98 %, interval 95 % to 99 %)."),
                    Table(
                        ["activation", "loss", "n", "share arrived", "median steps (95 % interval)", "diverged"],
                        settings,
                        "What each setting does. Intervals of shares are Wilson's; those of medians come from the "
                        "Kaplan-Meier curve. All at the 95 % level.",
                    ),
                    Table(
                        ["published statement", "source", "given", "here", "verdict"],
                        [
                            [
                                "Sigmoid with L2 is slower than sigmoid with cross-entropy",
                                "Report A",
                                46000,
                                9623.4,
                                "holds",
                            ],
                            [
                                "Sigmoid with L2 is faster than sigmoid with cross-entropy",
                                "Report B",
                                0.25,
                                0.27512,
                                "fails",
                            ],
                        ],
                        "What was published, and what is seen here.",
                    ),
                    Figure(
                        "cloud",
                        drawing("cloud"),
                        "Final weights of 6,000 networks.",
                        "A round cloud of points.",
                        dense=True,
                    ),
                ],
            ),
            Section(
                "The landscape",
                [
                    Figure(
                        "landscape",
                        drawing("contours"),
                        "Loss of one network in the plane of two random directions, seed 0.",
                        "A wavy valley seen from above.",
                        interactive=surface(),
                    ),
                ],
            ),
        ],
        readings={"factor": np.float64(10.5)},
    )
