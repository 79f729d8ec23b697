"""Cross-validation, the final fit, and the test."""

from __future__ import annotations

from tidegate import log, task

from .models import MODELS


@task
def cut(penguins: list, folds: int) -> list:
    """Pairs of (training part, validation part), one for each fold. Raises ValueError for too few or too many."""
    if not 2 <= folds <= len(penguins):
        raise ValueError(f"folds must lie between 2 and {len(penguins)}, the number of penguins to train on; it is {folds}")
    return [
        (
            [penguin for place, penguin in enumerate(penguins) if place % folds != fold],
            penguins[fold::folds],
        )
        for fold in range(folds)
    ]


def share_right(model, penguins: list) -> float:
    """The part of the penguins that a model names rightly, 0 to 1."""
    return sum(model.predict(penguin.measures) == penguin.species for penguin in penguins) / len(penguins)


@task
def train(fold: tuple, kind: str) -> dict:
    """Fit on one fold's training part and score on its validation part: accuracy, and the loss at each step."""
    training, validation = fold
    model = MODELS[kind](training)
    accuracy = share_right(model, validation)
    print(f"{kind}: {accuracy:.1%} of {len(validation)} right")
    return {"accuracy": accuracy, "losses": model.losses}


@task
def fit(penguins: list, kind: str):
    """A model of all the training data."""
    return MODELS[kind](penguins)


@task
def evaluate(model, penguins: list) -> dict:
    """The test: accuracy, each (penguin, prediction), and the confusion counts by (species, prediction)."""
    predicted = [(penguin, model.predict(penguin.measures)) for penguin in penguins]
    confusion: "dict[tuple[str, str], int]" = {}
    for penguin, species in predicted:
        pair = (penguin.species, species)
        confusion[pair] = confusion.get(pair, 0) + 1
    right = sum(count for (species, guess), count in confusion.items() if species == guess)
    log.info(f"test: {right} of {len(penguins)} right ({right / len(penguins):.1%})")
    return {"accuracy": right / len(penguins), "predicted": predicted, "confusion": confusion}
