"""Epochs turned into steps, also where the batch size changes."""

from seedbed.spec import Spec


def in_steps(question: Spec, examples: int) -> Spec:
    """The question with its lengths in steps, for data of so many examples: `Spec.in_steps`, or counted by examples."""
    if not question.accumulates:
        return question.in_steps(examples)
    from seedbed.reference import schedules  # loads SciPy, which a run without such a batch size never needs

    return schedules.in_steps(question, examples)
