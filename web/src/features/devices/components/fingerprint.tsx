"use client";
import { useFingerprint } from "../../../browser/device.ts";

/** What people compare on two screens. In groups, so that eyes and voices keep their place. */
export function Fingerprint({ of }: { of: string | undefined }) {
	const words = useFingerprint(of);
	return <span className="inline-block align-middle font-mono whitespace-nowrap">{words ?? "…"}</span>;
}
