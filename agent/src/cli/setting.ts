/** What `secret`, `variable` and `connection` have in common: set, list and remove what the workspace keeps for its flows. */
import type { Command } from "commander";
import { base64, fromBase64 } from "../protocol/bytes.ts";
import { jsonAsText, openSetting, problemOf, type SettingKind, SettingName, type SettingPlace, sealSetting } from "../protocol/settings.ts";
import { example, JSON_OPTION } from "./command.ts";
import { EXIT, Failure } from "./exit.ts";
import { ago, print, printJson, table } from "./output.ts";
import type { Session } from "./session.ts";

const POOL_OPTION = ["--pool <pool>", "for agents of this pool alone; it comes before that of the whole workspace"] as const;

interface Options {
	pool?: string;
	json?: boolean;
}

const placeOf = (kind: SettingKind, given: string, { pool }: Options): SettingPlace => {
	const name = SettingName.safeParse(given);
	if (!name.success) throw new Failure(`${given}: ${name.error.issues[0]?.message}.`, EXIT.badInput);
	return { kind, name: name.data, pool: pool ?? null };
};
const where = ({ pool }: { pool: string | null }): string => (pool === null ? "every agent of the workspace" : `the agents of pool ${pool}`);

/** @param read the value, from what was given; a text where it is a secret */
export function defineSet(
	command: Command,
	session: Session,
	kind: SettingKind,
	read: (name: string, given: string | undefined) => unknown,
): Command {
	return command
		.option(...POOL_OPTION)
		.option(...JSON_OPTION)
		.action(async (given: string, ...rest: unknown[]) => {
			const options = command.opts<Options>();
			const place = placeOf(kind, given, options);
			const value = await read(place.name, typeof rest[0] === "string" ? rest[0] : undefined);
			const problem = problemOf(kind, value);
			if (problem) throw new Failure(`${place.name}: ${problem}.`, EXIT.badInput);
			const sealed = await sealSetting(await session.key(), place, value).catch((error: unknown) => {
				throw error instanceof RangeError ? new Failure(`${place.name}: ${error.message}.`, EXIT.badInput) : error;
			});
			await session.api.settings.set.mutate({ ...place, sealed: base64(sealed) });
			if (options.json) return printJson(place);
			print(`${kind} ${place.name} is set for ${where(place)}`);
		});
}

export function defineRemove(command: Command, session: Session, kind: SettingKind): void {
	command
		.argument("<name>", "its name")
		.option(...POOL_OPTION)
		.option(...JSON_OPTION)
		.addHelpText("after", example(`tidegate ${kind} remove ${EXAMPLES[kind]}`))
		.action(async (given: string, options: Options) => {
			const place = placeOf(kind, given, options);
			const { removed } = await session.api.settings.remove.mutate(place);
			if (!removed) throw new Failure(`there is no ${kind} ${place.name} for ${where(place)}. tidegate ${kind} list tells what there is.`);
			if (options.json) return printJson({ ...place, removed });
			print(`${kind} ${place.name} is removed`);
		});
}

/** A secret is given out to agents alone. */
export function defineGet(command: Command, session: Session, kind: "variable" | "connection"): void {
	command
		.argument("<name>", "its name")
		.option("--pool <pool>", "that of the agents of this pool alone")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`\nA text is printed as it is, all else as JSON; --json prints JSON in any case.\n${example(`tidegate ${kind} get ${EXAMPLES[kind]}`)}`,
		)
		.action(async (given: string, options: Options) => {
			const place = placeOf(kind, given, options);
			const named = (await session.api.settings.list.query()).settings.filter((each) => each.kind === kind && each.name === place.name);
			const found = named.find(({ pool }) => pool === place.pool);
			if (!found || found.sealed === null) {
				const others = named.map((each) => where(each)).join(" and ");
				throw new Failure(
					`there is no ${kind} ${place.name} for ${where(place)}${others ? `, but one for ${others}` : `. tidegate ${kind} list tells what there is`}.`,
				);
			}
			const value = await openSetting(await session.key(), place, fromBase64(found.sealed));
			print(options.json || typeof value !== "string" ? JSON.stringify(value) : value);
		});
}

export const EXAMPLES: Record<SettingKind, string> = { secret: "DB_PASSWORD", variable: "THRESHOLD", connection: "WAREHOUSE" };

export function defineList(command: Command, session: Session, kind: SettingKind): void {
	command
		.option(...JSON_OPTION)
		.addHelpText("after", example(`tidegate ${kind} list`))
		.action(async (options: Options) => {
			const { settings } = await session.api.settings.list.query();
			const own = settings.filter((each) => each.kind === kind);
			const key = kind === "secret" || own.length === 0 ? undefined : await session.key();
			const rows = await Promise.all(
				own.map(async ({ name, pool, by, at, sealed }) => ({
					...{ name, pool, by, at },
					...(key && sealed !== null ? { value: await openSetting(key, { kind, name, pool }, fromBase64(sealed)) } : {}),
				})),
			);
			if (options.json) return printJson(rows);
			table(
				rows,
				[
					{ title: kind.toUpperCase(), value: (row) => row.name },
					...(kind === "secret" ? [] : [{ title: "VALUE", value: (row: (typeof rows)[number]) => shown(row.value) }]),
					{ title: "FOR", value: (row) => (row.pool === null ? "all" : `pool ${row.pool}`) },
					{ title: "SET BY", value: (row) => row.by },
					{ title: "SET", value: (row) => ago(row.at) },
				],
				`this workspace keeps no ${kind}: tidegate ${kind} set NAME makes one.`,
			);
		});
}

function shown(value: unknown): string {
	const text = jsonAsText(value);
	return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
