"use client";
/** The workspace key in the page, as one person's: recalled from the vault, opened in memory, the same in every tab. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import type { Offered } from "./vault.ts";

/** Where keys are kept: fetched beside the first content, which is sealed until then anyway. */
const vault = () => import("./vault.ts");

export type KeyState =
	| { state: "loading" }
	| { state: "sealed" }
	| { state: "open"; key: WorkspaceKey }
	/** Keys can't be kept or used here; `why` says what to do. */
	| { state: "unavailable"; why: string };

interface KeyContext {
	current: KeyState;
	/** A key that a link brought, which nobody has decided about. */
	offered: Offered | undefined;
	/** Takes a printed key (`tgk_…`). Rejects with words for the person who pasted it. */
	unlock(printed: string): Promise<void>;
	forget(): Promise<void>;
}

const Context = createContext<KeyContext | null>(null);

export function useKey(): KeyContext {
	const context = useContext(Context);
	if (!context) throw new Error("useKey is called outside KeyProvider");
	return context;
}

/** The open key, or undefined while there is none. */
export function useOpenKey(): WorkspaceKey | undefined {
	const { current } = useKey();
	return current.state === "open" ? current.key : undefined;
}

export function KeyProvider({ person, workspace, kid, children }: { person: string; workspace: string; kid: string | null; children: ReactNode }) {
	const [current, setCurrent] = useState<KeyState>({ state: "loading" });
	const [offered, setOffered] = useState<Offered>();
	const holder = useMemo(() => ({ person, workspace }), [person, workspace]);

	const recall = useCallback(async () => {
		try {
			const { recallKey, vaultTrouble } = await vault();
			const why = vaultTrouble();
			if (why) return setCurrent({ state: "unavailable", why });
			const { key, offered } = await recallKey(holder, kid);
			setOffered(offered);
			setCurrent((was) => {
				if (!key) return { state: "sealed" };
				return was.state === "open" && was.key.kid === key.kid ? was : { state: "open", key };
			});
		} catch (cause) {
			setCurrent({ state: "unavailable", why: (cause as Error).message });
		}
	}, [holder, kid]);

	useEffect(() => {
		void recall();
		const tabs = new BroadcastChannel("tidegate keys");
		tabs.onmessage = () => void recall();
		return () => tabs.close();
	}, [recall]);

	const unlock = useCallback(
		async (printed: string) => {
			const { keepKey, readKey } = await vault();
			const { raw, key: offered } = await readKey(printed, workspace);
			if (kid !== null && offered.kid !== kid) {
				throw new Error(`This key belongs to another workspace (key id ${offered.kid}; this workspace uses ${kid}).`);
			}
			setCurrent({ state: "open", key: await keepKey(raw, holder) });
			tellTabs();
		},
		[holder, workspace, kid],
	);

	const forget = useCallback(async () => {
		await (await vault()).forgetKey(holder);
		setCurrent({ state: "sealed" });
		tellTabs();
	}, [holder]);

	const context = useMemo(() => ({ current, offered, unlock, forget }), [current, offered, unlock, forget]);
	return <Context value={context}>{children}</Context>;
}

/** Every tab, this one too, looks again for what the vault holds. */
export function tellTabs(): void {
	const tabs = new BroadcastChannel("tidegate keys");
	tabs.postMessage("changed");
	tabs.close();
}
