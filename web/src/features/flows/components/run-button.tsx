"use client";
import { Play } from "lucide-react";
import { useSession } from "../../../browser/session.tsx";
import { Link } from "../../../ui/link.tsx";

/** To the form that runs a flow; nothing for those who may not. */
export function RunButton({ flow, strong = false }: { flow: string; strong?: boolean }) {
	const { may } = useSession();
	if (!may.includes("run")) return null;
	const look = strong ? "border-transparent bg-accent-fill text-on-accent hover:brightness-110" : "border-line bg-raised hover:border-line-strong";
	return (
		<Link
			href={`/flows/${encodeURIComponent(flow)}/run`}
			aria-label={`Run ${flow}`}
			className={`relative z-10 inline-flex h-7 shrink-0 items-center gap-1.5 rounded-md border px-2.5 whitespace-nowrap ${look}`}
		>
			<Play size={12} aria-hidden />
			<span className={strong ? undefined : "max-sm:sr-only"}>Run</span>
		</Link>
	);
}
