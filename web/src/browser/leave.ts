"use client";
import { useCallback } from "react";
import { useKey } from "./key.tsx";

/** Signs out. Who does leaves nothing behind that opens sealed content. */
export function useLeave(): () => Promise<void> {
	const { current, forget } = useKey();
	return useCallback(async () => {
		if (current.state !== "unavailable") await forget();
		const { signOut } = await import("next-auth/react");
		await signOut({ callbackUrl: "/sign-in?out=1" });
	}, [current, forget]);
}
