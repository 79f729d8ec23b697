"use client";
import { useCallback } from "react";
import { useKey } from "./key.tsx";
import { useSession } from "./session.tsx";
import { signOut } from "./signing.ts";

/** Signs out. Who does leaves nothing behind that opens sealed content. Rejects where the server did not end the session. */
export function useLeave(): () => Promise<void> {
	const { id } = useSession();
	const { current, forget } = useKey();
	return useCallback(async () => {
		await signOut();
		if (current.state !== "unavailable") {
			// Of every workspace, not of this one alone.
			await (await import("./vault.ts")).forgetAllKeys(id);
			await forget();
		}
		location.assign("/sign-in?out=1");
	}, [id, current, forget]);
}
