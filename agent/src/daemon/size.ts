import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of all files in a folder, or of a file. */
export async function sizeOf(path: string): Promise<number> {
	const own = await lstat(path).catch(() => undefined);
	if (!own?.isDirectory()) return own?.isFile() ? own.size : 0;
	let size = 0;
	for (const entry of await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])) {
		if (entry.isFile()) size += (await lstat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
	}
	return size;
}
