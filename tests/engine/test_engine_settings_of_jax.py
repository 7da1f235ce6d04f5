"""Settings of jax in the user's process under which nothing can be trained: one sentence, before anything runs."""

import os
import subprocess
import sys

import jax
import pytest

import seedbed as sb
from seedbed.errors import SpecError


@pytest.fixture
def question():
    return sb.Spec(data=sb.data.random_images(16, (4, 4)), model=sb.models.mlp([4], activation="relu"),
                   loss="cross_entropy", optimizer=sb.optimizers.sgd(0.1), steps=2)  # fmt: skip


@pytest.mark.parametrize(("name", "why"), [
    ("jax_enable_x64", "networks are trained in single precision"),
    ("jax_disable_jit", "networks are trained by compiled programs"),
    ("jax_debug_nans", "a network that diverges is a result"),
    ("jax_debug_infs", "a network that diverges is a result"),
])  # fmt: skip
def test_a_setting_that_does_not_fit_is_refused(question, name, why):
    jax.config.update(name, True)
    try:
        with pytest.raises(SpecError, match=rf'{why}.*got {name}=True; write jax.config.update\("{name}", False\)'):
            sb.run(question, seeds=2)
    finally:
        jax.config.update(name, False)
    assert sb.run(question, seeds=2).sizes["seed"] == 2


@pytest.mark.parametrize(("name", "value"), [
    ("jax_numpy_rank_promotion", "raise"),
    ("jax_transfer_guard", "disallow"),
    ("jax_transfer_guard_device_to_host", "disallow_explicit"),
])  # fmt: skip
def test_a_word_that_does_not_fit_is_refused(question, name, value):
    before = getattr(jax.config, name)
    jax.config.update(name, value)
    try:
        with pytest.raises(SpecError, match=rf'got {name}={value}; write jax.config.update\("{name}", "allow"\)'):
            sb.run(question, seeds=2)
    finally:
        jax.config.update(name, before)


def test_a_run_inside_a_traced_function_is_refused(question):
    with pytest.raises(SpecError, match=r"got a call while jax traces a function.*call it outside"):
        jax.jit(lambda x: x + sb.run(question, seeds=2)["final_train_loss"].values.sum())(1.0)


def test_a_platform_that_is_not_there_is_refused():
    code = (
        "import seedbed as sb; q = sb.Spec(data='point', model='neuron', loss='cross_entropy', optimizer='sgd(0.1)', "
        "steps=1)\ntry: sb.run(q, 2)\nexcept sb.errors.SpecError as error: print(error)"
    )
    environment = {**os.environ, "JAX_PLATFORMS": "rocm"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert 'jax finds no device, got JAX_PLATFORMS="rocm"; unset it' in done.stdout, done.stderr
