/** An agent of the workspace, by what people type. */
import type { Api, Outputs } from "../client/api.ts";
import { suggestion } from "../protocol/nearest.ts";
import { Failure } from "./exit.ts";

type Agent = Outputs["agents"]["list"]["agents"][number];

/** @param given its name or id. Throws Failure where there is none. */
export async function findAgent(api: Api, given: string): Promise<Agent> {
	const { agents } = await api.agents.list.query();
	const found = agents.find(({ id, name }) => id === given || name === given);
	if (found) return found;
	const names = agents.map(({ name }) => name);
	throw new Failure(`there is no agent ${given}.${suggestion(given, names)} tidegate agent list lists them.`);
}
