"""The checks of types that hold in all other tests find what they should, on a first call and on later ones."""

import numpy as np
import pytest
import typecheck
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import Float, TypeCheckError


@pytest.fixture
def halves():
    """A function of a vector that gives back what it is told to."""

    def function(values: Float[np.ndarray, " n"], answer: object) -> Float[np.ndarray, " n"]:
        return answer

    return typecheck.once_of_a_kind(typechecker=typecheck.checked)(function)


def test_a_call_of_a_new_shape_or_dtype_is_checked_after_others_have_passed(halves):
    three = np.zeros(3)
    for _ in range(3):
        assert halves(three, three) is three
    assert halves(np.zeros(4), np.zeros(4)).shape == (4,)
    with pytest.raises((TypeCheckError, BeartypeCallHintViolation)):
        halves(np.zeros((3, 1)), three)
    with pytest.raises((TypeCheckError, BeartypeCallHintViolation)):
        halves(np.zeros(3, int), three)


def test_another_kind_of_answer_to_the_same_arguments_is_checked():
    answers = [np.zeros(3), np.zeros(3), np.zeros(2)]

    @typecheck.once_of_a_kind(typechecker=typecheck.checked)
    def next_answer(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        return answers.pop(0)

    next_answer(np.zeros(3))
    next_answer(np.zeros(3))
    with pytest.raises((TypeCheckError, BeartypeCallHintViolation)):
        next_answer(np.zeros(3))
    assert not answers


@pytest.mark.parametrize(("one", "other"), [
    (1.0, 1), (1, True), ("mean", "median"), (None, 0), ([1], ["a"]), ((1, 2), (1, 2, 3)), ({"a": 1}, {"a": 1.0}),
    ({"a": 1}, {"b": 1}), (np.float32(1), np.float64(1)), (np.zeros(2), np.zeros(3)), (int, float), ([], [1]),
])  # fmt: skip
def test_values_that_a_hint_can_tell_apart_are_of_two_kinds(one, other):
    assert typecheck.kind(one, exact=False) != typecheck.kind(other, exact=False)


def test_ints_are_told_apart_where_a_shape_names_their_value():
    assert typecheck.kind(1, exact=False) == typecheck.kind(2, exact=False)
    assert typecheck.kind(1, exact=True) != typecheck.kind(2, exact=True)


def test_the_package_is_checked():
    from seedbed.reference import activations

    with pytest.raises((TypeCheckError, BeartypeCallHintViolation)):
        activations.sigmoid("no array")
