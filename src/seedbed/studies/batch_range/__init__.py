"""Loss against batch size at the lowest rate, and how a batch size could be determined by itself."""

from __future__ import annotations

from typing import Any

import seedbed as sb
from seedbed.studies.batch_range.networks import NORMED
from seedbed.studies.batch_range.read import USUAL, outcomes
from seedbed.studies.batch_range.show import (
    COST,
    block_diagram,
    chosen,
    noise_in_training,
    normalized,
    sizes_against_loss,
    the_same_curve,
    what_it_costs,
    which_method,
)

XP2030, STUDENT = "xp2030, homework 2", "wesleycheong314, homework 2"
MCCANDLISH = "McCandlish, Kaplan, Amodei 2018, An empirical model of large-batch training"
SHALLUE = "Shallue et al. 2019, Measuring the effects of data parallelism"
MNIST = "MNIST and another small convolutional network, trained to the end with tuned rates"
ACCURACIES = {64: 0.940, 128: 0.944, 256: 0.938, 512: 0.926, 1024: 0.910, 2048: 0.878, 4096: 0.811, 8192: 0.752}
LOSSES = {64: 0.3666, 128: 0.2892, 256: 0.2553, 512: 0.2390, 1024: 0.2308, 2048: 0.2243, 4096: 0.2262}
ORDERS = (  # id, source, record, statement, check, what was different there
    ("epochs-favor-small", SHALLUE, "epochs", "After as many epochs the loss is lower with small batches",
     "mean(final_train_loss, batch_size=64) < mean(final_train_loss, batch_size=8192)", ""),
    ("updates-favor-large", SHALLUE, "updates", "After as many updates the loss is lower with large batches (at "
     "lr_min)",
     "mean(final_train_loss, batch_size=8192) < mean(final_train_loss, batch_size=64)", ""),
    ("updates-favor-large-at-lr-max", SHALLUE, "updates_at_lr_max", "After as many updates the loss is lower with "
     "large batches (at lr_max, up to 2,048)",
     "mean(final_train_loss, batch_size=2048) < mean(final_train_loss, batch_size=64)", ""),
    ("noise-grows", MCCANDLISH, "noise", "The noise scale grows in training, on MNIST from 50 to 900 (taken as "
     "tenfold)",
     "10 * median(early_noise_scale) < median(late_noise_scale)", MNIST),
    ("critical-20-200", MCCANDLISH, "noise", "The critical batch size lies between 20 and 200 (MNIST, from the start "
     "to the end)", "20 < median(critical_batch) < 200", MNIST),
    ("same-order", MCCANDLISH, "noise", "The noise scale has the order of magnitude of the critical batch size (taken "
     "as within a factor of ten)",
     "0.1 * median(critical_batch) < median(late_noise_scale) < 10 * median(critical_batch)", MNIST),
    ("running-averages", XP2030, "normed", "With batch norm a large batch is learned and yet fails when it is judged "
     "by running averages (.675 in training against .103 in validation at 4,096; taken as by 0.2)",
     "0.2 < mean(gap, size=large)", "MiniGoogLeNet, Adam at 1e-4, the second epoch"),
    ("not-with-small", XP2030, "normed", "With small batches there is no such gap (taken as below 0.05)",
     "mean(gap, size=small) < 0.05", "MiniGoogLeNet, Adam at 1e-4, the second epoch"),
)  # fmt: skip


def ask(profile: sb.Profile) -> dict[str, Any]:
    """A sweep of the rate; then sizes at equal epochs and updates, to a target, a growing batch, and the noise."""
    net = sb.Spec(
        data=sb.data.fashion_mnist(train=profile.train, test=profile.test),
        model=profile.network,
        initializer=sb.initializers.glorot_uniform(),
        loss="cross_entropy",
        optimizer=sb.optimizers.momentum(0.01),
        batch_size=64,
        steps=profile.updates,
        trace=1_000_000,
        splits=("train",),
    )
    rate = sb.schedules.sweep(1e-9, 10.0, length=profile.sweep_steps - 1)
    sweep = net.replace(learning_rate=rate, steps=profile.sweep_steps, trace=1, splits=(), probes=())
    asked: dict[str, Any] = {"sweep": sb.measures.train(sweep, at_most=profile.few, auxiliary=True)}

    def later(make: Any, at_most: int | None = None) -> Any:
        def after(record: Any) -> Any:
            return sb.measures.train(make(*sb.stats.ranges.bounds(record, USUAL)), at_most=at_most)

        return sb.after("sweep", after)

    pieces = net.replace(micro_batch=64)
    noisy = {"probes": [sb.probes.gradient_noise(profile.parts)], "splits": ()}
    by_batch = {"trace": 1, "evaluate": 1_000_000, "probes": ()}
    asked["epochs"] = later(
        lambda low, _: pieces.replace(steps=sb.epochs(profile.epochs), learning_rate=low, **by_batch).vary(
            batch_size=profile.sizes
        )
    )
    asked["updates"] = later(
        lambda low, _: pieces.replace(learning_rate=low, probes=()).vary(batch_size=profile.sizes), profile.least
    )
    asked["updates_at_lr_max"] = later(
        lambda _, high: pieces.replace(learning_rate=high, probes=()).vary(batch_size=profile.sizes[: profile.some]),
        profile.least,
    )
    asked["fixed"] = later(
        lambda low, _: net.replace(learning_rate=low, steps=profile.noise_steps, trace=2, **noisy), profile.few
    )
    growth = sb.schedules.sweep(profile.smallest, profile.largest, length=profile.growth_steps - 1)
    asked["growth"] = later(
        lambda low, _: net.replace(learning_rate=low, batch_size=growth, micro_batch=profile.smallest,
                                   steps=profile.growth_steps, trace=1, **noisy),
        profile.few,
    )  # fmt: skip
    target = net.replace(
        stop=sb.falls_to("test_loss", profile.target), judge=2, steps=profile.reach_steps, splits=("test",)
    )
    asked["reach"] = later(
        lambda low, high: target.vary(
            size={str(size): {"batch_size": size} for size in profile.reach_sizes},
            learning_rate=[low, float(f"{(low * high) ** 0.5:.2g}"), high],
        ),
        profile.few,
    )
    network = sb.models.sequential(NORMED[profile.normed][1]())
    normed = net.replace(
        model=network, optimizer=sb.optimizers.adam(1e-3), steps=sb.epochs(profile.norm_epochs), probes=(),
    )  # fmt: skip
    sizes = {"small": {"batch_size": 64}, "large": {"batch_size": profile.norm_size}}
    asked["batch_norm"] = sb.measures.train(normed.vary(size=sizes), at_most=profile.least)
    return asked


study = sb.Study(
    name="batch_range",
    title="Which batch size? Loss against batch size, and four ways to choose one",
    source="Dube, homework 2 (2019), problems 6.4 and 6.5; McCandlish, Kaplan, Amodei 2018",
    question="The learning rate is fixed at lr_min and a network learns Fashion-MNIST in batches of 64 to 8,192. How "
    "does the training loss depend on the batch size, and is it the curve that it makes against the rate? Which are "
    "b_min and b_max? How can the batch size be determined automatically, and how good is what such ways say?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 4, "few": 4, "least": 4, "network": "mlp([8])", "train": 512, "test": 64,
                  "sizes": [64, 128, 512], "some": 2, "epochs": 2, "updates": 4, "sweep_steps": 50, "noise_steps": 24,
                  "smallest": 8, "largest": 256, "growth_steps": 24, "parts": 8, "reach_sizes": [16, 64, 256],
                  "reach_steps": 24, "target": 2.2, "norm_epochs": 1, "normed": "small", "norm_size": 256,
                  "takes": "a minute",
                  "reduced": "a layer of 8 units in place of LeNet-5, 512 training images, three batch sizes and two "
                  "dozen updates"},
        "quick": {"seeds": 12, "few": 8, "least": 6, "network": "lenet5", "train": 8_192, "test": 256,
                  "sizes": [64, 128, 256, 512, 1024, 2048, 4096, 8192], "some": 6, "epochs": 2, "updates": 24,
                  "sweep_steps": 640, "noise_steps": 200, "smallest": 16, "largest": 1024, "growth_steps": 96,
                  "parts": 8, "reach_sizes": [16, 32, 64, 128, 256, 512], "reach_steps": 400, "target": 0.9,
                  "norm_epochs": 3, "normed": "lenet5", "norm_size": 2048, "takes": "7 minutes",
                  "reduced": "LeNet-5 instead of MiniGoogLeNet, the first 8,192 training images, two epochs instead of "
                  "five, and 24 updates where updates are equal (6 seeds, at lr_max up to 2,048); the ways to choose "
                  "are compared on sizes of 16 to 512 (8 seeds)"},
        "full": {"seeds": 16, "few": 16, "least": 16, "network": "mini_googlenet", "train": 60_000, "test": 10_000,
                 "sizes": [64, 128, 256, 512, 1024, 2048, 4096, 8192], "some": 8, "epochs": 5, "updates": 1_000,
                 "sweep_steps": 2_814, "noise_steps": 2_000, "smallest": 16, "largest": 4096, "growth_steps": 256,
                 "parts": 8, "reach_sizes": [16, 64, 256, 1024, 4096], "reach_steps": 10_000, "target": 0.4,
                 "norm_epochs": 5, "normed": "lenet5", "norm_size": 4096,
                 "takes": "weeks on two cores; a day on a GPU"},
    },
    score=sb.score("regret", record="regrets", words="regret (doublings of the cost)"),
    picture="epochs",
    page=[
        sb.Section("At equal epochs and at equal updates", [sizes_against_loss],
                   asks="How does the training loss depend on the batch size at lr_min?", needs="epochs"),
        sb.Section("The rate and the batch size", [the_same_curve, sb.show.sweep()],
                   asks="Is it the curve that the loss makes against the learning rate?", needs="epochs"),
        sb.Section("The noise of the gradient", [noise_in_training],
                   asks="How large is the noise scale, and does it grow in training?", needs="fixed"),
        sb.Section("How many updates and examples a batch size costs", [what_it_costs],
                   asks="Which are b_min and b_max?", needs="reach"),
        sb.Section("A batch size that determines itself", [block_diagram, chosen],
                   asks="How can the batch size be determined automatically?", needs="growth"),
        sb.Section("How good the choices are", [which_method],
                   asks="Which way of choosing costs least?", needs="reach"),
        sb.Section("Large batches and batch norm", [normalized],
                   asks="Do large batches fail, or does their evaluation?", needs="batch_norm"),
        sb.Section("What the sheet's own network costs", [COST]),
    ],
    outcomes=outcomes,
    decided=(
        "training loss: after the last update, on all training images, as in inference",
        "lr_min is what Smith's rule reads from a sweep of the rate: 10 % of the fall of the loss, median over seeds; "
        "lr_max 90 %",
        "a seed starts from the same draw at every size; batches are added up from micro-batches of 64, which "
        "for LeNet-5 is exact",
        "gradient descent with momentum 0.9, Glorot's uniform initial draw, no augmentation",
        "a size costs updates S (time) and examples E (work) to the target; ways to choose are judged by S E, which "
        "needs no price of one against the other",
        "three rates are tried for each size: lr_min, lr_max, and their geometric mean",
    ),
    claims=(
        *(
            sb.Claim(id=name, source=source, record=record, statement=said, check=check, differs=differs)
            for name, source, record, said, check, differs in ORDERS
        ),
        *(
            sb.Claim(id=f"xp2030-{size}", source=XP2030, value=accuracy, record="epochs",
                     statement=f"After five epochs in batches of {size} the training accuracy is {accuracy:g}",
                     check=f"one_run(final_train_accuracy, batch_size={size}) = {accuracy:g}",
                     differs="MiniGoogLeNet, Adam at 1e-4, the mean over the last epoch")
            for size, accuracy in ACCURACIES.items()
        ),
        *(
            sb.Claim(id=f"wesleycheong-{size}", source=STUDENT, value=loss, record="epochs",
                     statement=f"After five epochs in batches of {size} the training loss is {loss:g}",
                     check=f"one_run(final_train_loss, batch_size={size}) = {loss:g}",
                     differs="MiniGoogLeNet at rate 0.001, each size going on from the network of the one before")
            for size, loss in LOSSES.items()
        ),
    ),
)  # fmt: skip
