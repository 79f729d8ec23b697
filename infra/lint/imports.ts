// Who may import whom. Biome finds cycles, barrels and undeclared packages; direction it cannot express: a rule
// here is a place, and what a file there may name.
import path from "node:path";
import { lineOf, type SourceFile, type Violation } from "./files.ts";

type Import = { specifier: string; typeOnly: boolean; names: string[]; line: number };
/** Where an import leads: a file of the house, or a package. */
type Target = { path: string } | { package: string };

const STATIC = /(?:^|[\n;}])\s*(import|export)\s+(type\s+)?([^"'`;]*?)\s*from\s*["']([^"'\n]+)["']/g;
const BARE = /(?:^|[\n;}])\s*import\s*["']([^"'\n]+)["']/g;
const CALLED = /\b(?:import|require)\s*\(\s*["'`]([^"'`\n]+)["'`]\s*[,)]/g;

export function importsOf(file: SourceFile): Import[] {
	const found: Import[] = [];
	for (const match of file.code.matchAll(STATIC)) {
		const names = (match[3] ?? "")
			.replace(/[{}]/g, ",")
			.split(",")
			.map((name) => name.trim())
			.filter(Boolean);
		const typeOnly =
			Boolean(match[2]) || (names.length > 0 && /^\{/.test((match[3] ?? "").trim()) && names.every((name) => name.startsWith("type ")));
		const bare = names.map((name) => name.replace(/^type\s+/, "").replace(/\s+as\s.*$/, ""));
		found.push({ specifier: match[4] ?? "", typeOnly, names: bare, line: lineOf(file.code, match.index + match[0].length) });
	}
	for (const pattern of [BARE, CALLED]) {
		for (const match of file.code.matchAll(pattern)) {
			found.push({ specifier: match[1] ?? "", typeOnly: false, names: [], line: lineOf(file.code, match.index + match[0].length) });
		}
	}
	return found;
}

/** Aliases of the house, in tsconfig.json and in the packages' exports. */
export function targetOf(file: SourceFile, specifier: string): Target {
	if (specifier.startsWith(".")) return { path: path.posix.normalize(path.posix.join(path.posix.dirname(file.path), specifier)) };
	if (specifier.startsWith("@/")) return { path: `web/src/${specifier.slice(2)}` };
	if (specifier === "tidegate/client") return { path: "agent/src/client/index.ts" };
	if (specifier.startsWith("tidegate/protocol/")) return { path: `agent/src/protocol/${specifier.slice("tidegate/protocol/".length)}` };
	if (specifier.startsWith("tidegate/")) return { path: `agent/${specifier.slice("tidegate/".length)}` };
	if (specifier.startsWith("@tidegate/web/")) return { path: `web/${specifier.slice("@tidegate/web/".length)}` };
	const parts = specifier.split("/");
	return { package: specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier) };
}

const isTest = (at: string) => /\.test\.tsx?$|[/.]fixture\.ts$/.test(at);
const under = (folder: string) => (at: string) => at.startsWith(folder);

/** The layers of the control plane, from the top down. */
function layerOf(at: string): "root" | "door" | "domain" | "server" | "page" | undefined {
	if (at === "web/server.ts") return "root";
	if (at.startsWith("web/src/server/") || at === "web/src/env.ts") return "server";
	if (at.startsWith("web/src/app/") && /\/(route|proxy)\.ts$/.test(at)) return "door";
	if (/^web\/src\/(app|ui)\//.test(at) || /^web\/src\/features\/[^/]+\/components\//.test(at)) return "page";
	if (at.startsWith("web/src/gateway/") || /^web\/src\/(features\/[^/]+\/)?(router|watch)(\.[a-z]+)?\.ts$/.test(at)) return "door";
	if (at.startsWith("web/src/features/")) return "domain";
	return undefined;
}

const BELOW: Record<string, string[]> = {
	door: ["door", "domain", "server"],
	domain: ["domain", "server"],
	server: ["server"],
};

type Rule = { name: string; broken(file: SourceFile, to: Target, used: Import): string | undefined };

const rules: Rule[] = [
	{
		name: "protocol-imports-only-zod",
		broken: (file, to) => {
			if (!under("agent/src/protocol/")(file.path) || isTest(file.path)) return;
			if ("package" in to ? to.package === "zod" : under("agent/src/protocol/")(to.path)) return;
			return "agent/src/protocol imports zod and itself, nothing else: a security team reads it alone";
		},
	},
	{
		name: "agent-takes-only-AppRouter-from-web",
		broken: (file, to, used) => {
			if (!under("agent/")(file.path) || isTest(file.path)) return;
			if ("package" in to ? to.package !== "@tidegate/web" : !under("web/")(to.path)) return;
			if (used.typeOnly && used.names.length === 1 && used.names[0] === "AppRouter") return;
			return "agent/ takes only `import type { AppRouter }` from web/: the rest is not on the customer's side";
		},
	},
	{
		name: "web-takes-only-protocol-from-agent",
		broken: (file, to) => {
			if (!under("web/")(file.path) || isTest(file.path)) return;
			if ("package" in to ? to.package !== "tidegate" : !under("agent/")(to.path)) return;
			if ("path" in to && under("agent/src/protocol/")(to.path)) return;
			return "web/ takes only tidegate/protocol/* from agent/";
		},
	},
	{
		name: "product-does-not-import-infra",
		broken: (file, to) => {
			if (!/^(web|agent)\//.test(file.path) || isTest(file.path)) return;
			if ("path" in to && under("infra/")(to.path)) return "web/ and agent/ run without infra/";
			if ("path" in to && isTest(to.path)) return "what is for tests is not for the product";
			return;
		},
	},
	{
		name: "pages-reach-the-server-through-trpc",
		broken: (file, to, used) => {
			if (layerOf(file.path) !== "page" || isTest(file.path) || used.typeOnly || !("path" in to)) return;
			const target = layerOf(to.path);
			if (target === "page" || target === undefined) return;
			return `a page imports ${to.path}, which is server code: ask through tRPC (its types may be imported with \`import type\`)`;
		},
	},
	{
		name: "downward-only",
		broken: (file, to) => {
			const from = layerOf(file.path);
			if (!from || !(from in BELOW) || isTest(file.path) || !("path" in to)) return;
			const target = layerOf(to.path);
			if (target === undefined || BELOW[from]?.includes(target)) return;
			return `${to.path} stands above ${file.path}: server.ts → router, gateway → domain file → web/src/server/`;
		},
	},
	{
		name: "doors-do-not-open-into-each-other",
		broken: (file, to) => {
			if (!("path" in to) || isTest(file.path)) return;
			const gateway = under("web/src/gateway/");
			const router = (at: string) => layerOf(at) === "door" && !gateway(at);
			if (gateway(file.path) ? router(to.path) : router(file.path) && gateway(to.path)) {
				return "the gateway (agents' door) and the routers (people's door) share domain files, not each other";
			}
			return;
		},
	},
];

/** Every import of every file against every rule. */
export function checkImports(files: SourceFile[]): Violation[] {
	const found: Violation[] = [];
	for (const file of files) {
		if (!/\.(ts|tsx|mts|js|mjs|jsx)$/.test(file.path)) continue;
		for (const used of importsOf(file)) {
			const to = targetOf(file, used.specifier);
			for (const rule of rules) {
				const message = rule.broken(file, to, used);
				if (message) found.push({ rule: rule.name, file: file.path, line: used.line, message });
			}
		}
	}
	return found;
}
