import { flow, log, runFlow } from "tidegate";
import { clean, load, split } from "./birds/data.ts";
import { report } from "./birds/report.ts";
import { evaluate, score } from "./birds/training.ts";

const parameters = {
	type: "object",
	properties: {
		most: { type: "integer", default: 15, description: "how many neighbours are tried at most: 1, 3, 5 and so on" },
		folds: { type: "integer", default: 5, description: "into how many parts the training data is cut for cross-validation" },
		every: { type: "integer", default: 4, description: "each bird of this number is kept for the final test" },
	},
} as const;

/** Find out how many neighbours tell a penguin's species best, and how often they are right. */
export const neighbours = flow({ parameters, timeout: { minutes: 10 } }, async function neighbours({ most, folds, every }) {
	const birds = await clean(await load("data/penguins.csv"));
	const { training, test } = await split(birds, every);
	const tried = Array.from({ length: Math.ceil(most / 2) }, (_, place) => 2 * place + 1);
	const scores = await score.map(
		tried.map((count) => ({ count, folds, training })),
		{ concurrency: 4 },
	);
	const best = scores.reduce((one, other) => (other.accuracy > one.accuracy ? other : one));
	log.info(`${best.count} neighbours are best: ${(100 * best.accuracy).toFixed(1)} % right in cross-validation`);
	const result = await evaluate(best.count, training, test);
	await report(scores, result);
	return { neighbours: best.count, accuracy: result.accuracy, birds: birds.length };
});

await runFlow(neighbours);
