"""Read handwritten digits with scikit-learn, in an environment of its own."""

from __future__ import annotations

from typing import Literal

from picture import mistakes_png
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tidegate import artifact, flow, log, task


@task
def load(test_share: float, seed: int) -> tuple:
    """The 1,797 digits that scikit-learn ships, 8 × 8 pixels each: training and test images, then their labels."""
    digits = load_digits()
    log.info(f"{len(digits.data)} digits of {digits.data.shape[1]} pixels")
    return tuple(train_test_split(digits.data, digits.target, test_size=test_share, random_state=seed, stratify=digits.target))


def classifier(strength: float, kernel: str):
    return make_pipeline(StandardScaler(), SVC(C=strength, kernel=kernel, gamma="scale"))


@task
def score(strength: float, images, labels, kernel: str, seed: int) -> dict:
    """The mean accuracy of five folds for one strength of the margin."""
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    accuracy = float(cross_val_score(classifier(strength, kernel), images, labels, cv=folds).mean())
    print(f"C={strength:g}: {accuracy:.2%}")
    return {"C": strength, "accuracy": accuracy}


@task
def train(images, labels, strength: float, kernel: str):
    """The classifier, fitted on all the training images."""
    return classifier(strength, kernel).fit(images, labels)


@task
def evaluate(model, images, labels) -> float:
    """The accuracy on unseen digits; shows the confusion table and a picture of the mistakes."""
    guesses = model.predict(images)
    counts = confusion_matrix(labels, guesses)
    artifact.table(
        [[str(digit), *row.tolist()] for digit, row in enumerate(counts)],
        columns=["digit", *[f"read as {digit}" for digit in range(10)]],
        name="confusion",
    )
    wrong = [place for place in range(len(labels)) if guesses[place] != labels[place]]
    if wrong:
        artifact.image(mistakes_png([images[place].reshape(8, 8).tolist() for place in wrong[:24]]), name="mistakes")
    log.info(f"{len(wrong)} of {len(labels)} misread")
    return 1 - len(wrong) / len(labels)


@flow
def digits(
    kernel: Literal["rbf", "linear", "poly"] = "rbf",
    test_share: float = 0.25,
    seed: int = 7,
) -> dict:
    """Choose the strength of a support vector machine by cross-validation, and test it.

    Args:
        kernel: the shape of its borders
        test_share: the part of the digits that is kept for the test, between 0 and 1
        seed: what shuffles the digits
    """
    images, test_images, labels, test_labels = load(test_share, seed)
    strengths = [0.1, 0.3, 1.0, 3.0, 10.0]
    scores = score.map(strengths, images=images, labels=labels, kernel=kernel, seed=seed).results()
    artifact.table(scores, name="accuracy by C")
    best = max(scores, key=lambda one: one["accuracy"])
    accuracy = evaluate(train(images, labels, best["C"], kernel), test_images, test_labels)
    artifact.metrics(cross_validation=best["accuracy"], test=accuracy)
    return {"accuracy": round(accuracy, 4), "C": best["C"], "kernel": kernel}


if __name__ == "__main__":
    digits()
