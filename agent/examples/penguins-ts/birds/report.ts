/** What people see of a run: two tables, the metrics and a summary. */
import { artifact, task } from "tidegate";
import type { Result, Score } from "./training.ts";

export const report = task(async function report(scores: Score[], { accuracy, said }: Result): Promise<void> {
	const species = [...new Set(said.map(({ bird }) => bird.species))].sort();
	const counted = (one: string, guess: string): number => said.filter((each) => each.bird.species === one && each.guess === guess).length;
	const confusion = species.map((one) => ({ species: one, ...Object.fromEntries(species.map((guess) => [`said ${guess}`, counted(one, guess)])) }));
	artifact.table(confusion, undefined, "confusion");
	artifact.table(scores, ["count", "accuracy"], "accuracy by neighbours");
	artifact.metrics({ accuracy });
	const wrong = said.filter(({ bird, guess }) => bird.species !== guess);
	const lines = wrong.map(({ bird, guess }) => `- ${bird.species} of ${bird.island}, ${bird.measures.join(" · ")}: taken for ${guess}`);
	artifact.markdown([`**${(100 * accuracy).toFixed(1)} %** of ${said.length} unseen penguins named rightly.`, "", ...lines].join("\n"), "summary");
});
