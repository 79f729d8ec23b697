/**
 * How a project's imports are found and read: `tidegate` is the SDK of whoever runs it, never a copy that the project brings; files that are links into a
 * read-only tree find the run's packages; and TypeScript is stripped by a tool of the project's own where Node does not do it (before 22.18).
 */
import { readFileSync } from "node:fs";
import module, { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

interface Registering {
	registerHooks?(hooks: object): void;
	register?(specifier: string, options: object): void;
}
type Next = (specifier: string, context: object) => unknown;
/** @param sdk what \`tidegate\` is @param project the folder whose packages count */
export function hook(sdk: string, project: string): void {
	const { registerHooks, register } = module as unknown as Registering;
	const hooks = hooksFor(sdk, project);
	// What esbuild makes of a file has other lines than the file.
	if (!(process.features as { typescript?: unknown }).typescript) process.setSourceMapsEnabled(true);
	if (registerHooks) {
		registerHooks({
			resolve(specifier: string, context: { parentURL?: string }, next: Next) {
				const own = hooks.own(specifier);
				if (own) return own;
				try {
					return next(specifier, context);
				} catch (problem) {
					const again = hooks.again(specifier, context, problem);
					if (!again) throw problem;
					return next(specifier, again);
				}
			},
			load: (url: string, context: object, next: (url: string, context: object) => unknown) => hooks.stripped(url) ?? next(url, context),
		});
	} else if (register) register(new URL("./loader.mjs", sdk).href, { data: { sdk, project } });
	else throw new Error(`this is Node ${process.versions.node}: a flow needs Node 20.6 or newer`);
}

/** @param sdk as of {@link hook} */
export function hooksFor(sdk: string, project: string) {
	const root = pathToFileURL(join(project, "package.json")).href;
	let strip: ((source: string, file: string) => string) | undefined;
	return {
		own: (specifier: string) => (specifier === "tidegate" ? { url: sdk, format: "module", shortCircuit: true } : undefined),
		/** Links of a large project lead out of it: packages are then looked for from the project on. */
		again: (specifier: string, context: { parentURL?: string }, problem: unknown) => {
			const missing = (problem as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND" && !/^[./]|^[a-z]+:/i.test(specifier);
			return missing && context.parentURL !== root ? { ...context, parentURL: root } : undefined;
		},
		stripped: (url: string) => {
			if (
				(process.features as { typescript?: unknown }).typescript ||
				!url.startsWith("file:") ||
				!/\.m?ts$/.test(url) ||
				url.includes("/node_modules/")
			)
				return undefined;
			const file = fileURLToPath(url);
			strip ??= stripper(createRequire(root));
			return { format: "module", source: strip(readFileSync(file, "utf8"), file), shortCircuit: true };
		},
	};
}

interface Esbuild {
	transformSync(source: string, options: object): { code: string };
}

/** Throws where the project has no esbuild. */
function stripper(project: NodeJS.Require): (source: string, file: string) => string {
	let tool: Esbuild;
	try {
		tool = project("esbuild");
	} catch {
		throw new Error(
			`Node ${process.versions.node} reads no TypeScript: run it with Node 22.18 or newer, add esbuild to the project's dependencies, or write the flow as .js`,
		);
	}
	const options = { loader: "ts", format: "esm", sourcemap: "inline", target: "node20", keepNames: true };
	return (source, sourcefile) => tool.transformSync(source, { ...options, sourcefile }).code;
}
