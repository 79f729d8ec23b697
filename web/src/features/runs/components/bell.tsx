"use client";
import { BellOff, Bell as Ring } from "lucide-react";
import { useCommands } from "../../../browser/commands.ts";
import { unwatchRun, useWatched, watchRun } from "../../../browser/watched.ts";
import { IconButton } from "../../../ui/button.tsx";
import { toast } from "../../../ui/toast.ts";

const ELSEWHERE = "Until then this tab's title and icon tell, and a message where you look.";

/** Asks for permission to notify, once somebody wants it, and says what follows from the answer. */
async function permit(): Promise<string> {
	if (!window.isSecureContext || !("Notification" in window))
		return "Browsers show notifications only for pages on https:// and localhost. This tab's title and icon tell instead.";
	const answer = Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission;
	if (answer === "granted") return "A notification tells when it ends, on whichever page of Tidegate you are.";
	if (answer === "denied") return `This browser blocks notifications of this site: allow them beside the address bar. ${ELSEWHERE}`;
	return `Notifications were neither allowed nor blocked. ${ELSEWHERE}`;
}

/** Watches a run to its end. */
export function Bell({ run }: { run: { id: string; flow: string } }) {
	const on = useWatched().includes(run.id);
	const press = () => {
		if (on) {
			unwatchRun(run.id);
			toast("No longer watching this run", { id: `watch ${run.id}` });
			return;
		}
		watchRun(run.id);
		void permit().then((detail) => toast("Watching this run", { id: `watch ${run.id}`, detail }));
	};
	const name = on ? "Stop watching this run" : "Watch this run";
	useCommands([{ name, icon: on ? BellOff : Ring, key: "w", run: press }]);
	return (
		<IconButton label={name} pressed={on} onClick={press}>
			<Ring size={15} aria-hidden fill={on ? "currentColor" : "none"} />
		</IconButton>
	);
}
