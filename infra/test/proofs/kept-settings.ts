// What a workspace keeps for its flows, for the canary: a word as secret, variable and part of a connection, set by the command line, used by a flow.
import path from "node:path";
import { run } from "../../command.ts";
import { binDir, childEnv, root } from "../../config.mjs";
import { CLI } from "../../start/stages/agent.ts";
import type { Said, Stack } from "../stack.ts";
import { writeProject } from "./projects.ts";

export interface Kept {
	set: Said[];
	listed: Said;
	run: Said;
}

const FLOW = `from tidegate import connection, flow, secret, variable

@flow
def canary_settings():
    value = secret("CANARY_SECRET")
    print(f"got {len(value)}: {value}")
    print(variable("CANARY_VARIABLE"), "from", connection("CANARY_CONNECTION").host)
    print(connection("CANARY_CONNECTION").url)
    return value
`;

/** @param planted stands where everybody may see it: in the name of a variable, which is clear */
export async function keepSettings(stack: Stack, env: Record<string, string>, word: string, planted: string): Promise<Kept> {
	const piped = childEnv({
		TIDEGATE_HOME: stack.cliHome,
		NO_COLOR: "1",
		...env,
		VALUE: `secret ${word}`,
		NODE: path.join(binDir, "node"),
		CLI: path.join(root, CLI),
	});
	const set = [
		await run("sh", ["-c", `printf %s "$VALUE" | "$NODE" "$CLI" secret set CANARY_SECRET`], piped),
		await stack.cli(["variable", "set", "CANARY_VARIABLE", `variable of ${word}`], { env }),
		await stack.cli(["connection", "set", "CANARY_CONNECTION", `postgresql://etl:{CANARY_SECRET}@db.internal/${word}`], { env }),
	];
	await stack.cli(["variable", "set", `named_${planted}`, "1"], { env });
	await stack.cli(["variable", "remove", `named_${planted}`], { env });
	const listed = await stack.cli(["variable", "list"], { env });
	await stack.cli(["deploy", writeProject(path.join(stack.dir, "settings"), { "flow.py": FLOW })], { env });
	const ran = await stack.cli(["run", "canary_settings", "--watch"], { env });
	return { set, listed, run: ran };
}
