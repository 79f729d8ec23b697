/** What local runs kept is not kept for ever: a bound by age and one by size, the Python SDK's. An agent's store has its own. */
import { lstatSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const DAY = 24 * 3600 * 1000;
/** Milliseconds since its last use. */
export const KEPT = 30 * DAY;
/** Bytes of all. */
const MOST = 5 * 2 ** 30;
/** A run may be under way, and a value lies there before the line that names it. Milliseconds. */
const SPARED = 3600 * 1000;

/** Removes what is old or too much from a local store, once a day. @returns the bytes. What can't be removed stays. */
export function tidy(path: string, now = Date.now(), most = MOST): number {
	const mark = join(path, "tidied");
	if (now - timeOf(mark) < DAY) return 0;
	writeFileSync(mark, "");
	utimesSync(mark, new Date(now), new Date(now));
	const sizes = new Map(files(path, "objects").map((file) => [basename(file), sizeOf(file)]));
	const named = new Set<string>();
	let [room, gone] = [most, 0];
	// The newest first: what no longer fits is the oldest.
	const items = itemsOf(path).map((item) => ({ item, age: now - newest(item) }));
	for (const { item, age } of items.sort((a, b) => a.age - b.age)) {
		const names = namesIn(item).filter((name) => !named.has(name));
		const size = sizeOf(item) + [...new Set(names)].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
		if (age > SPARED && (age > lifeOf(item) || size > room)) {
			gone += remove(item);
			if (size > room) room = Math.min(room, 0);
		} else {
			room -= size;
			for (const name of names) named.add(name);
		}
	}
	for (const folder of files(path, "views")) if (now - newest(folder) > (room > 0 ? KEPT : SPARED)) gone += remove(folder);
	for (const file of files(path, "objects")) if (!named.has(basename(file)) && now - newest(file) > SPARED) gone += remove(file);
	return gone;
}

/** What names objects: runs that did not succeed, cached values, and what the last runs of each flow returned. */
const itemsOf = (path: string): string[] => [
	...["runs", "results"].flatMap((part) => list(join(path, part)).map((name) => join(path, part, name))),
	...files(path, "cache"),
];

function list(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}

/** Two levels, as objects and cached values lie. */
const files = (path: string, part: string): string[] =>
	list(join(path, part)).flatMap((two) => list(join(path, part, two)).map((name) => join(path, part, two, name)));

/** An item that is no folder has none within. */
const within = (item: string): string[] => {
	const inner = list(item);
	return inner.length === 0 ? [item] : inner.flatMap((name) => within(join(item, name)));
};
const stat = (path: string) => lstatSync(path, { throwIfNoEntry: false });
const timeOf = (path: string): number => stat(path)?.mtimeMs ?? 0;
const newest = (item: string): number => Math.max(timeOf(item), ...within(item).map(timeOf));
const sizeOf = (item: string): number => within(item).reduce((sum, one) => sum + (stat(one)?.size ?? 0), 0);

function textOf(path: string): string {
	try {
		return readFileSync(path, "latin1");
	} catch {
		return "";
	}
}
const namesIn = (item: string): string[] =>
	within(item).flatMap((one) => [...textOf(one).matchAll(/"([0-9a-f]{64})"/g)].map(([, name]) => name as string));

/** A cached value may say itself for how long it is good; where it does not, and for all else, that is KEPT. */
function lifeOf(item: string): number {
	try {
		const { for: seconds } = JSON.parse(textOf(item));
		return typeof seconds === "number" ? seconds * 1000 : KEPT;
	} catch {
		return KEPT;
	}
}

function remove(item: string): number {
	const size = sizeOf(item);
	try {
		rmSync(item, { recursive: true });
		return size;
	} catch {
		return 0;
	}
}
