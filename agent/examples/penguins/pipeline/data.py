"""From a CSV file to two lists of penguins."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass

from tidegate import log, task

MEASURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")


@dataclass(frozen=True)
class Penguin:
    """One bird: its species, its island, and its measures in the order of MEASURES (mm, mm, mm, g)."""

    species: str
    island: str
    measures: "tuple[float, ...]"


@task
def load(path: str) -> list:
    """The rows of the file, as text by column."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    log.info(f"{len(rows)} rows from {path}")
    return rows


@task
def clean(rows: list) -> list:
    """The penguins whose four measures are all known."""
    known = [row for row in rows if all(row[measure] != "NA" for measure in MEASURES)]
    if len(known) < len(rows):
        log.warning(f"{len(rows) - len(known)} rows without measures left out")
    return [Penguin(row["species"], row["island"], tuple(float(row[measure]) for measure in MEASURES)) for row in known]


@task
def split(penguins: list, test_share: float, seed: int) -> tuple:
    """A training and a test set with the same mix of species. Raises ValueError for a share that leaves either empty."""
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must lie between 0 and 1, not {test_share}")
    chance = random.Random(seed)
    training, test = [], []
    for species in sorted({penguin.species for penguin in penguins}):
        group = [penguin for penguin in penguins if penguin.species == species]
        chance.shuffle(group)
        middle = max(1, round(len(group) * test_share))
        test += group[:middle]
        training += group[middle:]
    chance.shuffle(training)
    log.info(f"{len(training)} penguins to train on, {len(test)} to test with")
    return training, test
