/** From a CSV file to two lists of birds. */
import { readFile } from "node:fs/promises";
import { log, task } from "tidegate";

const MEASURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"] as const;

/** One penguin: its measures in mm, mm, mm and g. */
export interface Bird {
	species: string;
	island: string;
	measures: number[];
}
type Row = Record<string, string>;

/** The rows of the file, as text by column. No field of it is quoted. */
export const load = task({ retries: 2, retryDelay: 1 }, async function load(path: string): Promise<Row[]> {
	const [head = "", ...lines] = (await readFile(path, "utf8")).trim().split(/\r?\n/);
	const columns = head.split(",");
	log.info(`${lines.length} rows from ${path}`);
	return lines.map((line) => {
		const fields = line.split(",");
		return Object.fromEntries(columns.map((column, place) => [column, fields[place] ?? ""]));
	});
});

/** The birds whose four measures are all known. */
export const clean = task(async function clean(rows: Row[]): Promise<Bird[]> {
	const birds = rows.map(({ species = "", island = "", ...rest }) => ({ species, island, measures: MEASURES.map((name) => Number(rest[name])) }));
	const known = birds.filter(({ measures }) => measures.every(Number.isFinite));
	if (known.length < rows.length) log.warn(`${rows.length - known.length} rows without measures left out`);
	return known;
});

/** Each fourth or so for the test. The file is ordered by species, so both parts have the same mix. */
export const split = task(async function split(birds: Bird[], every: number) {
	if (every < 2 || every > birds.length) throw new RangeError(`every must lie between 2 and ${birds.length}, the number of birds; it is ${every}`);
	const test = birds.filter((_, place) => place % every === 0);
	const training = birds.filter((_, place) => place % every !== 0);
	log.info(`${training.length} birds to train on, ${test.length} to test with`);
	return { training, test };
});
