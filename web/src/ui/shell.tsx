"use client";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { api, trpc } from "../browser/api.ts";
import { SessionProvider } from "../browser/session.tsx";
import { ask, useAsked } from "./asked.ts";
import { later } from "./later.tsx";
import { type Crumb, Page, SkipLink } from "./page.tsx";
import { Sidebar } from "./sidebar.tsx";
import { Trouble } from "./trouble.tsx";

const AskedDialogs = later(() => import("./asked-dialogs.tsx").then((module) => module.default));
const Keyboard = later(() => import("../browser/keyboard.ts").then((module) => module.Keyboard));
const showKeys = () => ask("keys");

/** Lists change at most this often, however fast runs change. Milliseconds. */
const RENEW = 400;

/** What stands around every page of a workspace. */
export function Shell({ children }: { children: ReactNode }) {
	return (
		<SessionProvider before={<Before />} trouble={(error, again) => <NoServer error={error} again={again} />}>
			<Frame>
				<Live />
				{children}
			</Frame>
		</SessionProvider>
	);
}

const nowhere: Crumb[] = [];

/** The same frame before the session is known, so that nothing moves when it is. */
function Before() {
	return (
		<Frame>
			<Page crumbs={nowhere} title="…">
				{null}
			</Page>
		</Frame>
	);
}

function NoServer({ error, again }: { error: Error; again(): void }) {
	return (
		<Frame>
			<Page crumbs={nowhere} title="No answer">
				<Trouble title="The control plane does not answer" detail={error.message} again={again} />
			</Page>
		</Frame>
	);
}

function Frame({ children }: { children: ReactNode }) {
	const asked = useAsked();
	return (
		<div className="min-h-dvh md:grid md:grid-cols-[208px_minmax(0,1fr)]">
			<SkipLink />
			<Keyboard showKeys={showKeys} />
			<aside className="sticky top-0 hidden h-dvh flex-col border-line border-r md:flex">
				<Sidebar />
			</aside>
			{children}
			{asked && <AskedDialogs asked={asked} close={() => ask(null)} />}
		</div>
	);
}

/** Listens to hints that runs changed, for as long as the page is open, and asks again for the lists that show them. */
function Live() {
	const client = useQueryClient();
	useEffect(() => {
		let due: ReturnType<typeof setTimeout> | undefined;
		const renew = () => {
			due ??= setTimeout(() => {
				due = undefined;
				for (const list of [trpc.flows.pathFilter(), trpc.versions.list.pathFilter(), trpc.runs.list.pathFilter()])
					void client.invalidateQueries(list);
			}, RENEW);
		};
		// Hints sent while the socket was away are lost, so each new start is one too.
		const changes = api.runs.changes.subscribe({}, { onStarted: renew, onData: renew });
		return () => {
			clearTimeout(due);
			changes.unsubscribe();
		};
	}, [client]);
	return null;
}
