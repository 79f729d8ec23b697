"use client";
/** What the page that is shown can do besides: pages add their own, the palette finds them, one key does them, and `?` lists the keys. */
import type { LucideIcon } from "lucide-react";
import { useEffect, useId } from "react";

export interface Command {
	/** As a person says it: "Watch this run". */
	name: string;
	icon: LucideIcon;
	/** One key that does it, where it has one. Not one of those that work everywhere. */
	key?: string;
	run(): void;
}

const registered = new Map<string, Command[]>();

/** Offers `commands` for as long as the caller is shown. They are read when they are needed, so that they may be new each time. */
export function useCommands(commands: Command[]): void {
	const id = useId();
	useEffect(() => {
		registered.set(id, commands);
	});
	useEffect(() => () => void registered.delete(id), [id]);
}

export const commandsHere = (): Command[] => [...registered.values()].flat();
