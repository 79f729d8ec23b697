"use client";
/** This browser as a device among others: its name, its key pair, and the fingerprint by which people tell it apart. */
import { useEffect, useState } from "react";
import { fromHex, hex } from "tidegate/protocol/bytes.ts";
import { useSession } from "./session.tsx";
import type { Holder } from "./vault.ts";
import { chosenWorkspace } from "./workspace.ts";

const vault = () => import("./vault.ts");

const BROWSERS: [RegExp, string][] = [
	[/\bEdg\//, "Edge"],
	[/\bOPR\//, "Opera"],
	[/\bFirefox\//, "Firefox"],
	[/\b(Headless)?Chrome\//, "Chrome"],
	[/\bSafari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
	[/\b(iPhone|iPad)\b/, "iOS"],
	[/\bAndroid\b/, "Android"],
	[/\bWindows\b/, "Windows"],
	[/\bMac OS X\b/, "macOS"],
	[/\bCrOS\b/, "ChromeOS"],
	[/\bLinux\b/, "Linux"],
];

const first = (list: [RegExp, string][], text: string, otherwise: string): string => list.find(([pattern]) => pattern.test(text))?.[1] ?? otherwise;

/** As "Firefox on Linux": what a person would call it. */
export function deviceName(agent = navigator.userAgent): string {
	return `${first(BROWSERS, agent, "A browser")} on ${first(SYSTEMS, agent, "an unknown system")}`;
}

/** The same words as the command line's: 80 bits of the public key's SHA-256. Far fewer could be matched by a pair made for it. */
async function fingerprint(publicHex: string): Promise<string> {
	const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", fromHex(publicHex))));
	return (digest.slice(0, 20).match(/.{4}/g) ?? []).join("-");
}

function useSettled<T>(key: string | null, work: () => Promise<T>): T | undefined {
	const [settled, settle] = useState<{ key: string; value: T }>();
	// biome-ignore lint/correctness/useExhaustiveDependencies: the key names the work
	useEffect(() => {
		let wanted = true;
		if (key !== null)
			work().then(
				(value) => wanted && settle({ key, value }),
				() => undefined,
			);
		return () => {
			wanted = false;
		};
	}, [key]);
	return settled?.key === key ? settled?.value : undefined;
}

/** The public key of this browser as the device of whoever is signed in; undefined until it is known, and where there can't be one. */
export function useOwnKey(): string | undefined {
	const { id } = useSession();
	return useSettled(`own ${id}`, async () => (await vault()).ownPublicKey(id));
}

/** @param publicHex of any device. */
export const useFingerprint = (publicHex: string | undefined): string | undefined =>
	useSettled(publicHex ?? null, () => fingerprint(publicHex as string));

/** The workspace key wrapped for another device, in an unlocked browser. */
export async function wrapFor(publicHex: string, holder: Holder): Promise<{ kid: string; wrapped: string }> {
	return (await vault()).wrapFor(publicHex, holder);
}

/** Keeps a granted key; the page unlocks by it. @returns whether it was kept. Rejects with what is wrong with it. */
export async function receive(wrapped: string, holder: Holder, kid: string): Promise<boolean> {
	// Another workspace was chosen meanwhile, in another tab: its page asks for itself.
	if (chosenWorkspace() !== holder.workspace) return false;
	const [{ receiveKey }, { tellTabs }] = await Promise.all([vault(), import("./key.tsx")]);
	await receiveKey(wrapped, holder, kid);
	tellTabs();
	return true;
}
