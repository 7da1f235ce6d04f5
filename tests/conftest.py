"""Shapes and types are checked at run time, here and only here; jax is told to refuse silent broadcasting."""

import gc
import os
from functools import cache

import pytest

os.environ.pop("FORCE_COLOR", None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is a worker on every core already
os.environ.setdefault("COLUMNS", "120")
# Most of the suite's time is XLA compiling small programs, so it compiles with its older emitters and without LLVM's
# optimizations: a third of the time. Tests of what those can change, such as bits that must not depend on a member's
# place, are marked `optimized`.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1",
)

import typecheck

typecheck.install()
# Tracing makes many objects that live on; to look through them again and again takes some of the time.
gc.set_threshold(100_000, 50, 50)

AS_FOR_A_USER = {
    "xla_backend_optimization_level": 3, "xla_llvm_disable_expensive_passes": False,
    "xla_cpu_use_fusion_emitters": True, "xla_cpu_parallel_codegen_split_count": 32,
}  # fmt: skip


@pytest.fixture(autouse=True)
def as_for_a_user(request, monkeypatch):
    """The engine's programs compiled as they are outside of tests, where a test is marked `optimized`."""
    if request.node.get_closest_marker("optimized"):
        import jax

        from seedbed.engine import cache_dir, compiler

        monkeypatch.setenv("SEEDBED_CACHE", str(cache_dir.root() / "optimized"))
        plain = jax.stages.Lowered.compile
        monkeypatch.setattr(jax.stages.Lowered, "compile", lambda self: plain(self, compiler_options=AS_FOR_A_USER))
        monkeypatch.setattr(compiler, "shared", cache(compiler.Compiler))


@pytest.fixture
def double():
    """Double precision for one test."""
    import jax

    with jax.enable_x64(True):
        yield


def pytest_collection_modifyitems(items):
    """What takes longest begins first, so that no worker is left alone with it at the end: slow tests, then studies."""
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, "/studies/" not in item.nodeid))
