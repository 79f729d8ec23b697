"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "../browser/api.ts";
import { type RunChange, runChanged } from "../browser/changes.ts";
import { onRenewed } from "../browser/expiry.ts";
import { Renewal } from "../browser/renew.ts";

/** How long to wait before listening again where that was refused. Milliseconds. */
const AGAIN = 5_000;

/** Listens to hints that runs or flows changed, for as long as the page is open, and asks again for the lists that show them. */
export function Live() {
	const client = useQueryClient();
	useEffect(() => {
		const renewal = new Renewal(client);
		const heard = (change: RunChange) => {
			renewal.heard(change);
			runChanged(change);
		};
		let again: ReturnType<typeof setTimeout> | undefined;
		let changes: { unsubscribe(): void } | undefined;
		const listen = () => {
			clearTimeout(again);
			changes?.unsubscribe();
			// Hints sent while the socket was away are lost, so each new start is one too.
			const onError = () => {
				again = setTimeout(listen, AGAIN);
			};
			changes = api.runs.changes.subscribe({}, { onStarted: () => heard({ flow: null, run: null }), onData: heard, onError });
		};
		listen();
		const off = onRenewed(listen);
		return () => {
			off();
			renewal.stop();
			clearTimeout(again);
			changes?.unsubscribe();
		};
	}, [client]);
	return null;
}
