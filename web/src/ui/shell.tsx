"use client";
import { type ReactNode, useEffect } from "react";
import { useExpired } from "../browser/expiry.ts";
import { Keyboard } from "../browser/keyboard.ts";
import { SessionProvider } from "../browser/session.tsx";
import { useWatched } from "../browser/watched.ts";
import { ask, useAsked } from "./asked.ts";
import { later } from "./later.tsx";
import { type Crumb, Page, SkipLink } from "./page.tsx";
import { Sidebar } from "./sidebar.tsx";
import { toastLeft, useToasted } from "./toast.ts";
import { Trouble } from "./trouble.tsx";

const Live = later(() => import("./live.ts").then((module) => module.Live));
const AskedDialogs = later(() => import("./asked-dialogs.tsx").then((module) => module.default));
const Toaster = later(() => import("./toaster.tsx").then((module) => module.default));
const ExpiredBar = later(() => import("./expired-bar.tsx").then((module) => module.default));
const Notices = later(() => import("../features/runs/components/notices.tsx").then((module) => module.default));
const Removed = later(() => import("./removed.tsx").then((module) => module.default));
const Asking = later(() => import("../features/devices/components/asking.tsx").then((module) => module.Asking));

/** What stands around every page of a workspace. */
export function Shell({ children }: { children: ReactNode }) {
	return (
		<SessionProvider
			before={<Before />}
			trouble={(error, again) => <NoServer error={error} again={again} />}
			removed={(was, other) => <Removed was={was} other={other} />}
		>
			<Frame>
				<Live />
				{children}
				<Extras />
				<Asking />
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
			<Keyboard />
			<aside className="sticky top-0 hidden h-dvh flex-col border-line border-r md:flex">
				<Sidebar />
			</aside>
			{children}
			{asked && <AskedDialogs asked={asked} close={() => ask(null)} />}
		</div>
	);
}

/** What is loaded when it is first needed: messages, notices of runs that ended, and what to do about a session that ended. */
function Extras() {
	const toasted = useToasted();
	const expired = useExpired();
	const watching = useWatched().length > 0;
	useEffect(toastLeft, []);
	return (
		<>
			{toasted && <Toaster />}
			{watching && <Notices />}
			{expired && <ExpiredBar ending={expired} />}
		</>
	);
}
