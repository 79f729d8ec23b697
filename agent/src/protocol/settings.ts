/**
 * What a workspace keeps for its flows beside their code: secrets, variables, connections, sealed one by one. An envelope is bound to its workspace, kind,
 * name and pool: one that the control plane gives out under another name, or to another pool, does not open.
 */
import { z } from "zod";
import { utf8 } from "./bytes.ts";
import { readJson } from "./json.ts";
import { MAX_NAME, MAX_SETTING } from "./limits.ts";
import { openJson, sealJson } from "./open.ts";
import { settingPlace } from "./places.ts";
import type { WorkspaceKey } from "./seal.ts";

/** `secret`: opened by agents alone, hidden in what leaves of a run. `variable`: any JSON. `connection`: a URL in which secrets stand by their names. */
export const SETTING_KINDS = ["secret", "variable", "connection"] as const;
export type SettingKind = (typeof SETTING_KINDS)[number];

/** As in a program: what a flow asks for, and what TIDEGATE_SECRET_… may end in. */
export const SettingName = z
	.string()
	.max(MAX_NAME)
	.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a name has letters, digits and '_', and begins with no digit");

export interface SettingPlace {
	kind: SettingKind;
	name: string;
	/** For agents of this pool alone; null: for all of the workspace. */
	pool: string | null;
}

const idOf = ({ kind, name, pool }: SettingPlace): string => `${kind}/${name}/${pool ?? ""}`;
const Content = z.object({ value: z.unknown() });

/** Throws RangeError above MAX_SETTING, SettingValueError where `value` is none of its kind. */
export async function sealSetting(key: WorkspaceKey, place: SettingPlace, value: unknown): Promise<Uint8Array<ArrayBuffer>> {
	const problem = problemOf(place.kind, value);
	if (problem) throw new SettingValueError(problem);
	const size = utf8(JSON.stringify(value)).length;
	if (size > MAX_SETTING)
		throw new RangeError(`the value takes ${size} bytes, at most ${MAX_SETTING} are taken: pass a reference to where the data lies`);
	return sealJson(key, "setting", idOf(place), settingPlace(key.workspace, place), { value });
}

/** Throws SealError where it is not what its people sealed for this place. */
export const openSetting = async (key: WorkspaceKey, place: SettingPlace, sealed: Uint8Array): Promise<unknown> =>
	(await openJson(key, "setting", idOf(place), settingPlace(key.workspace, place), sealed, Content, 2 * MAX_SETTING)).value;

export class SettingValueError extends Error {
	override readonly name = "SettingValueError";
}

/** @returns what is wrong with `value`, in words for who sets it. */
export function problemOf(kind: SettingKind, value: unknown): string | undefined {
	if (kind === "variable") return value === undefined ? "a variable is any JSON" : undefined;
	if (typeof value !== "string" || value.trim() === "") return `a ${kind} is a text that is not empty`;
	return kind === "connection" ? problemOfUrl(value) : undefined;
}

/** `scheme://user:{SECRET}@host:port/path?options`; a password itself would be shown to everybody who has the key. */
function problemOfUrl(url: string): string | undefined {
	if (/[\s\p{Cc}]/u.test(url)) return "a connection is a URL, without spaces and line ends";
	const parts = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(url);
	if (!parts) return "a connection is a URL, as postgresql://user:{DB_PASSWORD}@host:5432/name";
	const unclosed = url.replaceAll(/\{[A-Za-z_][A-Za-z0-9_]*\}/g, "");
	if (/[{}]/.test(unclosed)) return "what stands in { } in a connection is the name of a secret, as {DB_PASSWORD}";
	const at = (parts[1] as string).lastIndexOf("@");
	const password = at < 0 ? undefined : (parts[1] as string).slice(0, at).split(":").slice(1).join(":");
	if (password && !/^\{[^{}]*\}$/.test(password))
		return "a password stands in the URL, where everybody who has the workspace key reads it: set it as a secret, and write {ITS_NAME} in its place";
	return undefined;
}

/** What people write where JSON is meant: `3`, `true`, `["a"]` are that, what is no JSON is a text. Throws InexactNumber. */
export function jsonOrText(text: string): unknown {
	try {
		return readJson(text);
	} catch (error) {
		if (!(error instanceof SyntaxError)) throw error;
		return text;
	}
}

/** As people would write it: what {@link jsonOrText} reads as the same value again. */
export const jsonAsText = (value: unknown): string => (typeof value === "string" && !isJson(value) ? value : JSON.stringify(value));

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}
