"""Tell a penguin's species from its measurements."""

from __future__ import annotations

from typing import Literal

from pipeline.data import clean, load, split
from pipeline.report import report
from pipeline.training import cut, evaluate, fit, train
from tidegate import flow, log


@flow
def penguins(
    folds: int = 5,
    seed: int = 7,
    model: Literal["knn", "softmax"] = "softmax",
    test_share: float = 0.25,
) -> dict:
    """Train and test a classifier on the Palmer penguins.

    Args:
        folds: into how many parts the training data is cut for cross-validation
        seed: what shuffles the penguins; the same seed gives the same result
        model: k nearest neighbours, or softmax regression
        test_share: the part of the penguins that is kept for the final test, between 0 and 1
    """
    rows = clean(load("data/penguins.csv"))
    training, test = split(rows, test_share, seed)
    scores = train.map(cut(training, folds), kind=model).results()
    mean = sum(score["accuracy"] for score in scores) / len(scores)
    log.info(f"cross-validation: {mean:.1%} right over {len(scores)} folds")
    fitted = fit(training, kind=model)
    result = evaluate(fitted, test)
    report(rows, scores, result)
    return {"model": model, "accuracy": round(result["accuracy"], 4), "cross_validation": round(mean, 4), "penguins": len(rows)}


if __name__ == "__main__":
    penguins()
