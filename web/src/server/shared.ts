/**
 * State of the whole process. Next's bundles are another module graph than the server's own modules: what both must share
 * (pools, the bus, limits) hangs on globalThis.
 */
const KEY = Symbol.for("tidegate");

/** @returns what `make` made when `name` was first asked for in this process. */
export function shared<T>(name: string, make: () => T): T {
	const all = globalThis as unknown as Record<symbol, Map<string, unknown> | undefined>;
	const map = all[KEY] ?? new Map<string, unknown>();
	all[KEY] = map;
	if (!map.has(name)) map.set(name, make());
	return map.get(name) as T;
}
