// `npm run bench -- NAME`: each prints what it measured and against what. None of them fails for being slow.
import { build } from "../build.ts";
import { stage } from "../progress.mjs";

const benches: Record<string, () => Promise<{ bench(): Promise<void> }>> = {
	claim: () => import("./claim.ts"),
	drain: () => import("./drain.ts"),
	edit: () => import("./edit.ts"),
	"first-line": () => import("./first-line.ts"),
	forty: () => import("./forty.ts"),
};

const asked = process.argv[2] ?? "";
const load = Object.hasOwn(benches, asked) ? benches[asked] : undefined;
if (load) {
	// What the stack runs, as it ships; a bench asks for no pages.
	await stage("build", async (note) => note(await build(note, ["//#generate", "tidegate#build"])));
	await (await load()).bench();
} else {
	console.error(`Which one? npm run bench -- NAME, where NAME is one of: ${Object.keys(benches).join(", ")}`);
	process.exitCode = 2;
}
