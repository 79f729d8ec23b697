/**
 * The declarations of the typed client and the SDK, for those who install the package: dist/types, made when it is packed. What the API takes and gives is the type of
 * the control plane's own router, so its declaration is taken out of the control plane with all that it names, and nothing of the server comes along.
 * Nor do tRPC's own declarations, which want the DOM and the types of ws: of them a caller needs these few.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "");
const root = dirname(here);
const dist = join(here, "dist");
const ROUTER = "web/src/router.d.ts";
const API = "agent/src/client/api.d.ts";

const API_TYPES = `/** Every procedure of the control plane's API. What it refuses is an Error with the server's words, and its reason in \`data.reason\`. */
import type { AppRouter } from "../../../web/src/router.ts";
export type Api = AppRouter;
export type Inputs = { [Noun in keyof AppRouter]: Of<AppRouter[Noun], "input"> };
export type Outputs = { [Noun in keyof AppRouter]: Of<AppRouter[Noun], "output"> };
type Of<Node, What extends "input" | "output"> = Node extends { readonly "~types"?: infer Types }
    ? What extends keyof NonNullable<Types> ? NonNullable<Types>[What] : never
    : { [Name in keyof Node]: Of<Node[Name], What> };
`;

const PROCEDURES = `export interface CallOptions {
    signal?: AbortSignal | undefined;
}
type Arguments<Input> = undefined extends Input ? [input?: Input, options?: CallOptions] : [input: Input, options?: CallOptions];
interface Types {
    input: unknown;
    output: unknown;
}
export interface Query<Procedure extends Types> {
    query(...args: Arguments<Procedure["input"]>): Promise<Procedure["output"]>;
    readonly "~types"?: Procedure;
}
export interface Mutation<Procedure extends Types> {
    mutate(...args: Arguments<Procedure["input"]>): Promise<Procedure["output"]>;
    readonly "~types"?: Procedure;
}
/** One step, with the id to go on behind after a break. */
export interface Tracked<Data> {
    id: string;
    data: Data;
}
export interface Subscription<Procedure extends Types> {
    subscribe(
        input: Procedure["input"],
        callbacks: {
            onData?: (data: Procedure["output"] extends AsyncIterable<infer Data> ? Data : Procedure["output"]) => void;
            onError?: (error: Error) => void;
            onStarted?: () => void;
            onStopped?: () => void;
            onComplete?: () => void;
        } & CallOptions,
    ): { unsubscribe(): void };
    readonly "~types"?: Procedure;
}
type Router<_Root, Procedures> = Procedures;
type Procedures<All> = All;
`;

/** tRPC's names and what stands for them. @type {[RegExp, string][]} */
const PLAIN = [
	[/import\("@trpc\/server"\)\.TRPCBuiltRouter</g, "Router<"],
	[/import\("@trpc\/server"\)\.TRPCDecorateCreateRouterOptions</g, "Procedures<"],
	[/import\("@trpc\/server"\)\.TRPC(Query|Mutation|Subscription)Procedure</g, "$1<"],
	[/import\("@trpc\/server\/unstable-core-do-not-import"\)\.TrackedData</g, "Tracked<"],
	[/import\("\.\/server\/context\.ts"\)\.Context/g, "object"],
	[/^ *meta: object;\n/gm, ""],
];

/** Runs a program of the house to its end. @param {string[]} args @param {string} what */
function run(args, what) {
	const done = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
	if (done.status === 0) return;
	process.stderr.write(`${done.stdout}${done.stderr}\n${what} failed: the package would have no types.\n`);
	process.exit(1);
}

/** Declares the client and everything that it imports, server and all, under `out`. @param {string} out */
function declare(out) {
	const protocol = readdirSync(join(here, "src/protocol")).flatMap((name) => (/(?<!\.(test|fixture))\.ts$/.test(name) ? [`protocol/${name}`] : []));
	if (!existsSync(join(root, "web/src/server/generated"))) run(["infra/generate.mjs"], "prisma generate");
	const config = {
		extends: join(root, "tsconfig.json"),
		compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true, allowJs: false, checkJs: false, rootDir: root, outDir: out },
		// The control plane finds the protocol as a package, of whose files tsc declares none by itself.
		files: ["client/index.ts", "sdk/index.ts", ...protocol].map((file) => join(here, "src", file)),
		include: [],
	};
	writeFileSync(join(out, "tsconfig.json"), JSON.stringify(config));
	run([join(root, "node_modules/typescript/bin/tsc"), "-p", join(out, "tsconfig.json")], "tsc");
}

/** The part from the brace at `start` to the one that closes it. @param {string} text @param {number} start */
function braced(text, start) {
	for (let at = start, depth = 0; at < text.length; at++) {
		if (text[at] === "{") depth++;
		else if (text[at] === "}" && --depth === 0) return text.slice(start, at + 1);
	}
	throw new Error("a brace is not closed");
}

/**
 * The router's type and the types that it names, in one file that imports packages and the protocol alone.
 * @param {string} out
 */
function selfContained(out) {
	/** @type {Map<string, string>} */
	const taken = new Map();
	/** @type {Map<string, string>} */
	const from = new Map();
	/** @param {string} file @param {string} name */
	const take = (file, name) => {
		const before = from.get(name);
		if (before === file) return;
		if (before !== undefined) throw new Error(`${name} is a type of ${before} and of ${file}: the API's declaration has room for one`);
		from.set(name, file);
		const text = readFileSync(join(out, file), "utf8");
		const found = new RegExp(`^(?:export )?(?:declare )?(?:interface|type) ${name}\\b`, "m").exec(text);
		if (!found) throw new Error(`${file} declares no type ${name}`);
		const rest = text.slice(found.index);
		const brace = rest.indexOf("{");
		const semicolon = rest.indexOf(";");
		const isInterface = /^(?:export )?(?:declare )?interface/.test(rest);
		// `type A = "x" | "y";` has no braces, and `type A = { … }[];` goes on behind them.
		const size = isInterface || (brace !== -1 && brace < semicolon) ? brace + braced(rest, brace).length : 0;
		const block = isInterface ? rest.slice(0, size) : rest.slice(0, rest.indexOf(";", size) + 1);
		taken.set(name, inline(file, block.replace(/^(?:export )?(?:declare )?/, "export ")));
		for (const other of text.matchAll(/^(?:export )?(?:declare )?(?:interface|type) (\w+)/gm))
			if (other[1] && other[1] !== name && new RegExp(`\\b${other[1]}\\b`).test(block)) take(file, other[1]);
		for (const [, names = "", source = ""] of text.matchAll(/^import (?:type )?\{([^}]*)\} from "([^"]+)";$/gm))
			for (const each of names.split(",").map((one) => one.trim().replace(/^type /, "")))
				if (each !== "" && new RegExp(`\\b${each}\\b`).test(block)) bring(file, source, each);
	};
	/** A name that `file` has from `source`. @param {string} file @param {string} source @param {string} name */
	const bring = (file, source, name) => {
		if (source.startsWith(".")) return take(join(dirname(file), source).replace(/\.ts$/, ".d.ts"), name);
		const own = /^tidegate\/protocol\/(\w+)\.[jt]s$/.exec(source);
		if (!own) throw new Error(`${file} has ${name} from ${source}, which is not for users of the package`);
		from.set(name, source);
		taken.set(name, `import type { ${name} } from "../protocol/${own[1]}.js";`);
	};
	/** `import("./x.ts").Name` becomes `Name`. @param {string} file @param {string} text @returns {string} */
	const inline = (file, text) =>
		text.replace(/import\("((?:\.|tidegate\/)[^"]*)"\)\.(\w+)/g, (_, source, name) => {
			if (from.get(name) === undefined) bring(file, source, name);
			return name;
		});

	let router = PLAIN.reduce((text, [name, plain]) => text.replace(name, plain), readFileSync(join(out, ROUTER), "utf8"));
	const error = "errorShape: ";
	for (let at = router.indexOf(error); at !== -1; at = router.indexOf(error))
		router = router.slice(0, at) + router.slice(at + error.length + braced(router, at + error.length).length + 1);
	router = inline(ROUTER, router);
	if (router.includes("@trpc")) throw new Error("the API's declaration still needs tRPC's: give it a name in PLAIN");
	return [...taken.values(), PROCEDURES, router].join("\n");
}

/** What `file` imports, from file to file. @param {string} out @param {string} file @param {Map<string, string>} files */
function gather(out, file, files) {
	if (files.has(file)) return;
	const text = file === ROUTER ? selfContained(out) : file === API ? API_TYPES : readFileSync(join(out, file), "utf8");
	files.set(file, text);
	for (const [, source = ""] of text.matchAll(/(?:from |import\()"(\.[^"]+)"/g)) {
		gather(out, join(dirname(placed(file)), source).replace(/\.[jt]s$/, ".d.ts"), files);
	}
}

/** Where a declaration stands in the package, beside what it would be in the house. @param {string} file */
const placed = (file) => (file === ROUTER ? "agent/src/client/router.d.ts" : file);

mkdirSync(dist, { recursive: true });
const out = mkdtempSync(join(dist, ".types-"));
try {
	declare(out);
	/** @type {Map<string, string>} */
	const files = new Map();
	gather(out, "agent/src/client/index.d.ts", files);
	gather(out, "agent/src/sdk/index.d.ts", files);
	const ready = join(out, "ready");
	for (const [file, text] of files) {
		if (!placed(file).startsWith("agent/src/")) throw new Error(`${file} is the server's, and the client's types name it`);
		const path = join(ready, relative("agent/src", placed(file)));
		mkdirSync(dirname(path), { recursive: true });
		const own = text.replace(/(from |import\()"(\.[^"]+)"/g, (_, how, source) => {
			const target = join(dirname(placed(file)), source).replace(/\.[jt]s$/, ".d.ts");
			const way = relative(dirname(placed(file)), placed(target));
			return `${how}"${way.startsWith(".") ? way : `./${way}`}"`.replace(/\.d\.ts"$/, '.js"');
		});
		writeFileSync(path, own);
	}
	rmSync(join(dist, "types"), { recursive: true, force: true });
	renameSync(ready, join(dist, "types"));
} finally {
	rmSync(out, { recursive: true, force: true });
}
