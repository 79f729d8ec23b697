"""Two classifiers on standardized measures, small enough to read."""

from __future__ import annotations

import math

NEIGHBOURS = 7
EPOCHS = 60
RATE = 0.8
DECAY = 1e-3


class Scale:
    """Shifts and stretches each measure to mean 0 and deviation 1, as seen in training."""

    def __init__(self, samples: "list[tuple[float, ...]]") -> None:
        columns = list(zip(*samples))
        self.means = [sum(column) / len(column) for column in columns]
        self.deviations = [
            math.sqrt(sum((value - mean) ** 2 for value in column) / len(column)) or 1.0 for column, mean in zip(columns, self.means)
        ]

    def __call__(self, sample: "tuple[float, ...]") -> "list[float]":
        return [(value - mean) / deviation for value, mean, deviation in zip(sample, self.means, self.deviations)]


class Nearest:
    """The species that most of the nearest penguins of the training set have; the nearer one decides a tie."""

    def __init__(self, penguins: list) -> None:
        self.scale = Scale([penguin.measures for penguin in penguins])
        self.known = [(self.scale(penguin.measures), penguin.species) for penguin in penguins]
        self.losses: "list[float]" = []

    def predict(self, measures: "tuple[float, ...]") -> str:
        here = self.scale(measures)
        nearest = sorted((math.dist(here, there), species) for there, species in self.known)[:NEIGHBOURS]
        votes: "dict[str, float]" = {}
        for distance, species in nearest:
            votes[species] = votes.get(species, 0) + 1 + 1e-6 / (1 + distance)
        return max(votes, key=lambda species: votes[species])


class Softmax:
    """Multinomial logistic regression, by full gradient descent with weight decay."""

    def __init__(self, penguins: list) -> None:
        self.scale = Scale([penguin.measures for penguin in penguins])
        self.classes = sorted({penguin.species for penguin in penguins})
        samples = [[*self.scale(penguin.measures), 1.0] for penguin in penguins]
        targets = [self.classes.index(penguin.species) for penguin in penguins]
        self.weights = [[0.0] * len(samples[0]) for _ in self.classes]
        self.losses = [self._step(samples, targets) for _ in range(EPOCHS)]

    def _step(self, samples: "list[list[float]]", targets: "list[int]") -> float:
        """One step down the gradient; returns the mean cross-entropy before it."""
        slopes = [[0.0] * len(row) for row in self.weights]
        loss = 0.0
        for sample, target in zip(samples, targets):
            chances = self._chances(sample)
            loss -= math.log(max(chances[target], 1e-12))
            for number, chance in enumerate(chances):
                error = chance - (number == target)
                slope = slopes[number]
                for place, value in enumerate(sample):
                    slope[place] += error * value
        for row, slope in zip(self.weights, slopes):
            for place in range(len(row)):
                row[place] -= RATE * (slope[place] / len(samples) + DECAY * row[place])
        return loss / len(samples)

    def _chances(self, sample: "list[float]") -> "list[float]":
        scores = [sum(weight * value for weight, value in zip(row, sample)) for row in self.weights]
        top = max(scores)
        powers = [math.exp(score - top) for score in scores]
        total = sum(powers)
        return [power / total for power in powers]

    def predict(self, measures: "tuple[float, ...]") -> str:
        chances = self._chances([*self.scale(measures), 1.0])
        return self.classes[chances.index(max(chances))]


MODELS = {"knn": Nearest, "softmax": Softmax}
