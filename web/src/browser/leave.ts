"use client";
import { useCallback } from "react";
import { useKey } from "./key.tsx";

export async function signOut(): Promise<void> {
	const auth = await import("next-auth/react");
	await auth.signOut({ callbackUrl: "/sign-in?out=1" });
}

/** Signs out. Who does leaves nothing behind that opens sealed content. */
export function useLeave(): () => Promise<void> {
	const { current, forget } = useKey();
	return useCallback(async () => {
		if (current.state !== "unavailable") {
			// Of every workspace, not of this one alone.
			await (await import("./vault.ts")).forgetAllKeys();
			await forget();
		}
		await signOut();
	}, [current, forget]);
}
