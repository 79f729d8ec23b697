import { accessSync, constants, realpathSync } from "node:fs";
import path from "node:path";

/** Which Node reads TypeScript by itself. @param {string} version as in process.versions */
const readsTypeScript = (version) => {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	return major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
};

/**
 * The Node that npx would find, for whoever calls the command by its path: that of node_modules/.bin in the package's folder or the nearest above it.
 * @param {string} version of this Node
 * @param {string} execPath this Node
 * @param {string} folder of the package
 * @returns {string | undefined} undefined where this Node will do, or there is no other
 */
export function otherNode(version, execPath, folder) {
	if (readsTypeScript(version)) return undefined;
	for (let above = folder; ; above = path.dirname(above)) {
		const found = path.join(above, "node_modules", ".bin", "node");
		try {
			accessSync(found, constants.X_OK);
			// It may be this one.
			return realpathSync(found) === realpathSync(execPath) ? undefined : found;
		} catch {
			if (path.dirname(above) === above) return undefined;
		}
	}
}
