/** What package.json and its lock ask for, `tidegate` aside: that comes from the agent itself. */

export const LOCKS = ["npm-shrinkwrap.json", "package-lock.json"];

export interface Packages {
	/** Texts for a folder of their own, from which `npm ci` installs. */
	manifest: string;
	lock: string;
	/** Files of the project that the lock names. */
	files: string[];
}

type Names = Record<string, string>;
interface Package {
	dependencies?: Names;
	devDependencies?: Names;
	optionalDependencies?: Names;
	peerDependencies?: Names;
	resolved?: string;
	link?: boolean;
	dev?: boolean;
}
const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

/** @returns undefined where nothing is needed. Throws Error, in words for who deploys. */
export function packagesOf(manifest: string, lock: string | undefined): Packages | undefined {
	const own = parse(manifest, "package.json") as Package;
	const needed = Object.keys({ ...own.dependencies, ...own.optionalDependencies }).filter((name) => name !== "tidegate");
	if (needed.length === 0) return undefined;
	if (lock === undefined)
		throw new Error(
			`package.json asks for ${needed[0]}, and there is no package-lock.json that says which: run npm install, and deploy what it writes.`,
		);
	const locked = parse(lock, "package-lock.json") as { packages?: Record<string, Package> };
	if (!locked.packages) throw new Error("package-lock.json is of npm 6 or older: write it anew with npm install.");
	const files: string[] = [];
	for (const [path, one] of Object.entries(locked.packages)) {
		if (path === "node_modules/tidegate" || path.startsWith("node_modules/tidegate/") || one.dev) continue;
		if (one.link)
			throw new Error(
				`package-lock.json takes ${path.replace(/^.*node_modules\//, "")} from the folder ${one.resolved}: import it by its path, or pack it.`,
			);
		if (one.resolved?.startsWith("file:")) files.push(one.resolved.slice(5));
	}
	const outside = files.find((file) => file.startsWith("/") || file.split("/").includes(".."));
	if (outside !== undefined) throw new Error(`package-lock.json takes a package from ${outside}, outside the project: copy it in.`);
	const root = without(locked.packages[""] ?? {});
	const rest = Object.entries(locked.packages).filter(
		([path]) => path !== "" && path !== "node_modules/tidegate" && !path.startsWith("node_modules/tidegate/"),
	);
	const text = JSON.stringify({ ...locked, packages: Object.fromEntries([["", root], ...rest]) });
	return { manifest: JSON.stringify(without(own)), lock: text, files };
}

function without(from: Package): Package {
	const kept = { ...from };
	for (const kind of KINDS) {
		if (!kept[kind]) continue;
		const { tidegate: _, ...others } = kept[kind];
		kept[kind] = others;
	}
	return kept;
}

function parse(text: string, name: string): object {
	try {
		const found: unknown = JSON.parse(text);
		if (found !== null && typeof found === "object") return found;
	} catch {
		// Said below.
	}
	throw new Error(`${name} is no JSON object.`);
}
