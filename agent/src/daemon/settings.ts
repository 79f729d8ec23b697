/**
 * What flows get beside their parameters, from both sides: what the workspace keeps, sealed (secrets, variables, connections), and what this agent has of its
 * own (`variables.json` in its home; its secrets are the vault's). The agent's own comes first, then its pool's, then the whole workspace's.
 * An assignment says how often the workspace's have changed: they are fetched and opened once for each change, and never by an agent of a workspace without any.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { variablesOfEnvironment } from "../config.ts";
import { InexactNumber } from "../protocol/json.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import { jsonOrText, openSetting, problemOf, type SettingKind, SettingName } from "../protocol/settings.ts";
import { SettingsAnswer } from "../protocol/wire.ts";
import type { Connection } from "./connection.ts";
import { AgentError } from "./home.ts";

/** A value, or why there is none, in words for who asks for it. */
export type Given<V = unknown> = { value: V } | { problem: string };
/** By kind and name. */
export type Settings = { secret: Record<string, Given<string>>; variable: Record<string, Given>; connection: Record<string, Given<string>> };

interface Kept {
	revision: number;
	settings: Settings;
}
/** A question to the control plane that all share who need its answer. */
interface Coming {
	/** The revision for which it was asked. */
	wanted: number;
	fetched: Promise<Kept>;
	controller: AbortController;
	waiting: number;
}

const none = (): Settings => ({ secret: {}, variable: {}, connection: {} });

const Own = z.strictObject({
	format: z.literal(1),
	variables: z.record(SettingName, z.json()).default({}),
	connections: z.record(SettingName, z.string()).default({}),
});

export class SettingsOfWorkspace {
	readonly #home: string;
	readonly #key: WorkspaceKey;
	readonly #connection: Connection;
	/** The agent's own, as it was enrolled: what the control plane gives out for another pool is not taken. */
	readonly #pool: string;
	#kept: Kept = { revision: 0, settings: none() };
	#coming: Coming | null = null;

	constructor(home: string, key: WorkspaceKey, connection: Connection, pool: string) {
		this.#home = home;
		this.#key = key;
		this.#connection = connection;
		this.#pool = pool;
	}

	/** @param revision as the assignment says. Throws GatewayError where the control plane refuses, AgentError where the agent's own file is wrong. */
	async of(revision: number, signal: AbortSignal): Promise<Settings> {
		const own = this.#own();
		const { settings } = revision === this.#kept.revision ? this.#kept : await this.#renew(revision, signal);
		const { secret, variable, connection } = settings;
		return { secret, variable: { ...variable, ...own.variable }, connection: { ...connection, ...own.connection } };
	}

	/** Of several that begin right after a change, the first asks and the others wait with it; it is given up when none of them waits any more. */
	async #renew(revision: number, signal: AbortSignal): Promise<Kept> {
		// What was asked for before this revision was heard of may be older than it.
		if (!this.#coming || this.#coming.wanted < revision) this.#coming = this.#ask(revision);
		const coming = this.#coming;
		coming.waiting++;
		const left = Promise.withResolvers<never>();
		const leave = (): void => left.reject(signal.reason);
		if (signal.aborted) leave();
		signal.addEventListener("abort", leave, { once: true });
		try {
			return await Promise.race([coming.fetched, left.promise]);
		} finally {
			signal.removeEventListener("abort", leave);
			if (--coming.waiting === 0) {
				coming.controller.abort(new Error("nobody waits for the settings any more"));
				if (this.#coming === coming) this.#coming = null;
			}
		}
	}

	#ask(wanted: number): Coming {
		const controller = new AbortController();
		const coming: Coming = {
			...{ wanted, controller, waiting: 0 },
			fetched: this.#fetch(controller.signal).then((kept) => {
				if (this.#coming === coming) [this.#kept, this.#coming] = [kept, null];
				return kept;
			}),
		};
		coming.fetched.catch(() => {
			if (this.#coming === coming) this.#coming = null;
		});
		return coming;
	}

	async #fetch(signal: AbortSignal): Promise<Kept> {
		const { header, parts } = await this.#connection.insist({ path: "settings", header: {}, answer: SettingsAnswer, signal });
		const settings = none();
		// Those of the pool last, so that they count.
		for (const { kind, name, pool, part } of header.settings.toSorted((a, b) => Number(a.pool !== null) - Number(b.pool !== null))) {
			if (pool !== null && pool !== this.#pool) continue;
			const given = await this.#open(kind, name, pool, parts[part]);
			(settings[kind] as Record<string, Given>)[name] = given;
		}
		return { revision: header.revision, settings };
	}

	/** One that does not open is a problem of the flow that asks for it, and of no other. */
	async #open(kind: SettingKind, name: string, pool: string | null, sealed: Uint8Array | undefined): Promise<Given> {
		try {
			if (!sealed) throw new SealError("format", "it is missing in the control plane's answer");
			const value = await openSetting(this.#key, { kind, name, pool }, sealed);
			const problem = problemOf(kind, value);
			return problem ? { problem } : { value };
		} catch (error) {
			if (!(error instanceof SealError)) throw error;
			return {
				problem: `the control plane gave out ${error.reason === "wrong-key" ? "one that is" : "what is not what was set here:"} ${error.message}`,
			};
		}
	}

	#own(): Pick<Settings, "variable" | "connection"> {
		const path = join(this.#home, "variables.json");
		const { variables, connections } = readOwn(path);
		const around = variablesOfEnvironment();
		const given = <V>(values: Record<string, V>): Record<string, Given<V>> =>
			Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
		return {
			variable: { ...Object.fromEntries(around.variables.map(([name, text]) => [name, readTyped(text)])), ...given(variables) },
			connection: given({ ...Object.fromEntries(around.connections), ...connections }),
		};
	}
}

function readTyped(text: string): Given {
	try {
		return { value: jsonOrText(text) };
	} catch (error) {
		if (!(error instanceof InexactNumber)) throw error;
		return { problem: error.message };
	}
}

function readOwn(path: string): z.infer<typeof Own> {
	let content: unknown;
	try {
		content = JSON.parse(readFileSync(path, "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return { format: 1, variables: {}, connections: {} };
		throw new AgentError(`${path} cannot be read: ${(error as Error).message}`);
	}
	const read = Own.safeParse(content);
	if (!read.success) {
		const issue = read.error.issues[0];
		throw new AgentError(
			`${path}: ${issue?.path.join(".") || "the file"}: ${issue?.message}\nIt is {"format": 1, "variables": {NAME: JSON}, "connections": {NAME: URL}}.`,
		);
	}
	for (const [name, url] of Object.entries(read.data.connections)) {
		const problem = problemOf("connection", url);
		if (problem) throw new AgentError(`${path}: connections.${name}: ${problem}`);
	}
	return read.data;
}
