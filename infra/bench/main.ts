// `npm run bench -- NAME`: each prints what it measured and against what. None of them fails for being slow.
import { build } from "../build.ts";
import { stage } from "../progress.mjs";

const benches: Record<string, () => Promise<{ bench(): Promise<void> }>> = {
	children: () => import("./children.ts"),
	claim: () => import("./claim.ts"),
	drain: () => import("./drain.ts"),
	edit: () => import("./edit.ts"),
	"first-line": () => import("./first-line.ts"),
	forty: () => import("./forty.ts"),
	"log-page": () => import("./log-page.ts"),
	map: () => import("./map.ts"),
	page: () => import("./page.ts"),
	resume: () => import("./resume.ts"),
};
/** Those that look at pages: the others need not wait for them to be built. */
const PAGES = ["log-page", "page"];

const asked = process.argv[2] ?? "";
const load = Object.hasOwn(benches, asked) ? benches[asked] : undefined;
if (load) {
	// What the stack runs, as it ships.
	await stage("build", async (note) => note(await build(note, PAGES.includes(asked) ? undefined : ["//#generate", "tidegate#build"])));
	await (await load()).bench();
} else {
	console.error(`Which one? npm run bench -- NAME, where NAME is one of: ${Object.keys(benches).join(", ")}`);
	process.exitCode = 2;
}
