/** k nearest neighbours, of measures that are brought to one scale. Plain TypeScript: nothing here knows of Tidegate. */
import type { Bird } from "./data.ts";

export class Neighbours {
	readonly #birds: Bird[];
	readonly #count: number;
	readonly #means: number[];
	readonly #spreads: number[];

	constructor(birds: Bird[], count: number) {
		const columns = (birds[0]?.measures ?? []).map((_, place) => birds.map(({ measures }) => measures[place] ?? 0));
		this.#means = columns.map(mean);
		this.#spreads = columns.map((values, place) => Math.sqrt(mean(values.map((value) => (value - (this.#means[place] ?? 0)) ** 2))) || 1);
		this.#birds = birds.map((bird) => ({ ...bird, measures: this.#scaled(bird.measures) }));
		this.#count = count;
	}

	#scaled(measures: number[]): number[] {
		return measures.map((value, place) => (value - (this.#means[place] ?? 0)) / (this.#spreads[place] ?? 1));
	}

	/** The species that most of the nearest birds have; of as many the one that is nearer. */
	predict(measures: number[]): string {
		const scaled = this.#scaled(measures);
		const far = (bird: Bird): number => bird.measures.reduce((sum, value, place) => sum + (value - (scaled[place] ?? 0)) ** 2, 0);
		const near = this.#birds.map((bird) => ({ species: bird.species, far: far(bird) })).sort((one, other) => one.far - other.far);
		const votes = new Map<string, number>();
		for (const { species } of near.slice(0, this.#count)) votes.set(species, (votes.get(species) ?? 0) + 1);
		return [...votes].reduce((one, other) => (other[1] > one[1] ? other : one))[0];
	}
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
