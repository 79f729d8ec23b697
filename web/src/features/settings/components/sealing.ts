/** Sealing and opening of settings in this browser; loaded when it is first needed. */
import { base64, fromBase64 } from "tidegate/protocol/bytes.ts";
import { InexactNumber } from "tidegate/protocol/json.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import type { SettingPlace } from "tidegate/protocol/settings.ts";
import { loadOpeners } from "../../../browser/openers.ts";

async function protocol() {
	await loadOpeners();
	return import("tidegate/protocol/settings.ts");
}

/** As people would write it. */
export async function readSetting(key: WorkspaceKey, { kind, name, pool }: SettingPlace, sealed: string): Promise<string> {
	const { openSetting, jsonAsText } = await protocol();
	const value = await openSetting(key, { kind, name, pool }, fromBase64(sealed));
	return kind === "connection" ? String(value) : jsonAsText(value);
}

/** What is wrong with what was typed, told by field. */
export type Wrong = { name?: string; value?: string };

/** @returns the sealed value, or what is wrong. */
export async function sealTyped(key: WorkspaceKey, { kind, name, pool }: SettingPlace, text: string): Promise<{ sealed: string } | Wrong> {
	const { SettingName, jsonOrText, problemOf, sealSetting } = await protocol();
	const wrong: Wrong = {};
	const named = SettingName.safeParse(name);
	if (!named.success) wrong.name = name === "" ? "It needs a name" : sentence(named.error.issues[0]?.message ?? "");
	const { value, inexact } = kind === "variable" ? typed(() => jsonOrText(text)) : { value: text, inexact: undefined };
	const problem = text === "" ? "a value is needed" : (inexact ?? problemOf(kind, value));
	if (problem) wrong.value = sentence(problem);
	if (wrong.name || wrong.value) return wrong;
	try {
		return { sealed: base64(await sealSetting(key, { kind, name, pool }, value)) };
	} catch (error) {
		if (error instanceof RangeError) return { value: sentence(error.message) };
		throw error;
	}
}

function typed(read: () => unknown): { value?: unknown; inexact?: string } {
	try {
		return { value: read() };
	} catch (error) {
		if (!(error instanceof InexactNumber)) throw error;
		return { inexact: error.message };
	}
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
