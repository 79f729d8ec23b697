"""What people see of a run: two tables, the metrics, a picture and a summary."""

from __future__ import annotations

from tidegate import artifact, task

from .chart import scatter


@task
def report(penguins: list, scores: list, result: dict) -> None:
    """Show the confusion table, the scores by species, the folds' accuracy with the loss, and the bills."""
    confusion = result["confusion"]
    species = sorted({penguin.species for penguin in penguins})
    artifact.table(
        [[one, *[confusion.get((one, guess), 0) for guess in species]] for one in species],
        columns=["species", *[f"said {guess}" for guess in species]],
        name="confusion",
    )
    artifact.table([_by_species(confusion, one, species) for one in species], name="by species")
    artifact.metrics({"accuracy": [[fold + 1, score["accuracy"]] for fold, score in enumerate(scores)]}, name="accuracy by fold")
    losses = [sum(step) / len(step) for step in zip(*[score["losses"] for score in scores])]
    if losses:
        artifact.metrics({"loss": losses}, name="training loss")
    wrong = [(penguin, guess) for penguin, guess in result["predicted"] if penguin.species != guess]
    artifact.image(scatter(penguins, [penguin for penguin, _ in wrong]), name="bills")
    artifact.markdown(_summary(penguins, result, wrong), name="summary")


def _by_species(confusion: dict, one: str, species: list) -> dict:
    right = confusion.get((one, one), 0)
    there = sum(confusion.get((one, guess), 0) for guess in species)
    said = sum(confusion.get((other, one), 0) for other in species)
    return {
        "species": one,
        "penguins": there,
        "precision": round(right / said, 3) if said else None,
        "recall": round(right / there, 3) if there else None,
    }


def _summary(penguins: list, result: dict, wrong: list) -> str:
    lines = [f"**{result['accuracy']:.1%}** of {len(result['predicted'])} unseen penguins named rightly; {len(penguins)} measured in all.", ""]
    for penguin, guess in wrong:
        length, depth = penguin.measures[:2]
        lines.append(f"- {penguin.species} of {penguin.island}, bill {length:g} × {depth:g} mm: taken for {guess}")
    return "\n".join(lines)
