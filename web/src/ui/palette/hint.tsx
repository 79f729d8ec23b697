"use client";
import { Search } from "lucide-react";
import { useSyncExternalStore } from "react";
import { ask } from "../asked.ts";

const never = () => () => undefined;
const isMac = () => /Mac|iP(hone|ad)/.test(navigator.platform);

/** Says that there is a palette, and opens it for those who would rather click. */
export function PaletteHint() {
	const mac = useSyncExternalStore(never, isMac, () => false);
	return (
		<button
			type="button"
			onClick={() => ask("palette")}
			aria-keyshortcuts="Control+K Meta+K"
			title="Find flows, runs, pages and actions"
			className="flex h-7 shrink-0 items-center gap-1.5 rounded-md px-2 text-quiet hover:bg-selected hover:text-text"
		>
			<Search size={14} aria-hidden />
			<span className="sr-only">Find flows, runs, pages and actions </span>
			<kbd className="min-w-11 font-mono text-small max-sm:hidden">{mac ? "⌘K" : "Ctrl K"}</kbd>
		</button>
	);
}
