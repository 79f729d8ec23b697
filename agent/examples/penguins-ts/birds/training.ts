/** Cross-validation, and the test. */
import { log, task } from "tidegate";
import type { Bird } from "./data.ts";
import { Neighbours } from "./model.ts";

export interface Score {
	count: number;
	accuracy: number;
}
export interface Result {
	accuracy: number;
	/** What each bird is, and what it was taken for. */
	said: { bird: Bird; guess: string }[];
}

const round = (share: number): number => Math.round(10_000 * share) / 10_000;
const rightOf = (said: Result["said"]): number => said.filter(({ bird, guess }) => bird.species === guess).length;
const ask = (model: Neighbours, birds: Bird[]): Result["said"] => birds.map((bird) => ({ bird, guess: model.predict(bird.measures) }));

/** How often so many neighbours are right about birds that the model has not seen. The same birds again are taken from the cache. */
export const score = task(
	{ cache: true, cacheFor: { days: 1 } },
	async function score(item: { count: number; folds: number; training: Bird[] }): Promise<Score> {
		const { count, folds, training } = item;
		if (folds < 2 || folds > training.length)
			throw new RangeError(`folds must lie between 2 and ${training.length}, the number of birds; it is ${folds}`);
		let right = 0;
		for (let fold = 0; fold < folds; fold++) {
			const seen = training.filter((_, place) => place % folds !== fold);
			const unseen = training.filter((_, place) => place % folds === fold);
			right += rightOf(ask(new Neighbours(seen, count), unseen));
		}
		return { count, accuracy: round(right / training.length) };
	},
);

/** The test, by birds that were kept out of all that went before. */
export const evaluate = task(async function evaluate(count: number, training: Bird[], test: Bird[]): Promise<Result> {
	const said = ask(new Neighbours(training, count), test);
	log.info(`test: ${rightOf(said)} of ${test.length} right`);
	return { accuracy: round(rightOf(said) / test.length), said };
});
