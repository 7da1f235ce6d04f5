"""The engine's convolution of gray images with kernels, compiled: for pages that hold it against others."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from seedbed.parts import threefry
from seedbed.parts.convolution import Conv2d


def compiled(images: np.ndarray, kernels: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A function from images (image, height, width) and kernels (kernel, a, b) of these shapes to float32 outputs
    (image, kernel, row, column), compiled before it is returned; no border, stride 1, no bias.

    Arrays go to the device and come back within each call.
    """

    def convolve(images: Array, kernels: Array) -> Array:
        blank = Conv2d(1, len(kernels), 1, threefry.key(0))
        layer = eqx.tree_at(_weight_and_bias, blank, (kernels[:, None], jnp.zeros(len(kernels))))
        outputs = jax.vmap(layer, in_axes=-1, out_axes=-1)(jnp.moveaxis(images, 0, -1)[None])
        return jnp.moveaxis(outputs, -1, 0)

    shapes = [jax.ShapeDtypeStruct(array.shape, jnp.float32) for array in (images, kernels)]
    program = jax.jit(convolve).lower(*shapes).compile()
    return lambda images, kernels: np.asarray(program(images.astype(np.float32), kernels.astype(np.float32)))


def _weight_and_bias(layer: Conv2d) -> Any:
    return layer.weight, layer.bias
