"use client";
import { LogIn } from "lucide-react";
import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { api, queryClient, renewSocket } from "../browser/api.ts";
import { type Ending, onSignedIn, sessionRenewed } from "../browser/expiry.ts";
import { useSession } from "../browser/session.tsx";
import { Button } from "./button.tsx";

/** How often to look whether somebody signed in, should no other tab say so. Milliseconds. */
const LOOK = 10_000;

/** @returns who is signed in now, where that is somebody else, or the same person without this workspace; it is asked again until the page can go on. */
function useStranger(): string | undefined {
	const session = useSession();
	const [stranger, setStranger] = useState<string>();
	useEffect(() => {
		let over = false;
		const look = async () => {
			if (document.visibilityState === "hidden") return;
			const now = await api.whoami.query().catch(() => undefined);
			if (!now || over) return;
			if (now.id !== session.id || now.workspace.id !== session.workspace.id) return setStranger(now.email ?? now.name);
			renewSocket();
			sessionRenewed();
			void queryClient.invalidateQueries();
		};
		const soon = () => void look();
		// It may be the session of a tab that was signed in anew, where the next is there already.
		soon();
		const off = onSignedIn(soon);
		const timer = setInterval(soon, LOOK);
		window.addEventListener("focus", soon);
		document.addEventListener("visibilitychange", soon);
		return () => {
			over = true;
			off();
			clearInterval(timer);
			window.removeEventListener("focus", soon);
			document.removeEventListener("visibilitychange", soon);
		};
	}, [session.id, session.workspace.id]);
	return stranger;
}

/** A session that ended in an open page: said calmly, while everything on the page stays as it is. At the end of the body, so that an open dialog leaves it reachable. */
export default function ExpiredBar({ ending }: { ending: Ending }) {
	const stranger = useStranger();
	return createPortal(
		<div className="pointer-events-none fixed inset-x-0 bottom-0 z-60 flex justify-center p-3">
			<section
				role="alert"
				className="pointer-events-auto flex max-w-2xl flex-wrap items-center gap-x-4 gap-y-2 rounded-md border border-line-strong bg-raised px-4 py-3 shadow-(--shadow-float)"
			>
				<p className="min-w-0 flex-1 basis-64">
					{stranger ? (
						<>
							<strong className="font-semibold">Somebody else is signed in now:</strong> <bdi className="break-words">{stranger}</bdi>. Sign in again
							as yourself to go on here, or load the page as they see it.
						</>
					) : (
						<>
							<strong className="font-semibold">{ending === "signed_out" ? "You were signed out." : "Your session has expired."}</strong>{" "}
							{ending === "signed_out" && "It was done here or in another place. "}Nothing here is lost: sign in again in a new tab, and this page
							goes on by itself.
						</>
					)}
				</p>
				<a
					href="/sign-in"
					target="_blank"
					rel="noopener"
					className="inline-flex h-7 items-center gap-1.5 rounded-md bg-accent-fill px-2.5 text-on-accent hover:brightness-110"
				>
					<LogIn size={14} aria-hidden />
					Sign in again
				</a>
				{stranger && <Button onClick={() => location.reload()}>Load the page</Button>}
			</section>
		</div>,
		document.body,
	);
}
