"use client";
/** Who is signed in, and to which workspace: asked for once, then known to everything below. */
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { errorCode, type Outputs, queryClient, trpc } from "./api.ts";
import { sessionRefused, useExpired } from "./expiry.ts";
import { KeyProvider } from "./key.tsx";
import { keepWorkspace, makePageOf } from "./workspace.ts";

export type Session = Outputs["whoami"];

const Context = createContext<Session | null>(null);

/** The session, or null while it is being asked for. */
export const useMaybeSession = (): Session | null => useContext(Context);

export function useSession(): Session {
	const session = useContext(Context);
	if (!session) throw new Error("useSession is called outside SessionProvider");
	return session;
}

interface Props {
	children: ReactNode;
	/** Shown until the session is known. */
	before: ReactNode;
	/** Shown where the server can't be asked. */
	trouble(error: Error, again: () => void): ReactNode;
	/** Shown to who is no member any more. @param was the workspace that the page showed @param other one that is still theirs */
	removed(was?: Session, other?: Session): ReactNode;
}

function Session({ children, before, trouble, removed }: Props) {
	const whoami = useQuery(trpc.whoami.queryOptions(undefined, { staleTime: 60_000 }));
	const away = !whoami.data && errorCode(whoami.error) === "UNAUTHORIZED";
	useEffect(() => {
		// Only before anything is shown: a page that is open keeps what was typed on it.
		if (away) location.assign(`/sign-in?back=${encodeURIComponent(location.pathname + location.search)}`);
	}, [away]);
	const { data } = whoami;
	const expired = useExpired();
	const [first, enter] = useState(data);
	if (data && !first) enter(data);
	// The server answers for another workspace where this one is closed to somebody: nothing of it may mix with what the page shows.
	const other = first && data && data.id === first.id && data.workspace.id !== first.workspace.id ? data : undefined;
	// Signed in since, in the same browser: the page stays whose it is, and says so.
	const stranger = first && data && data.id !== first.id;
	useEffect(() => {
		if (stranger) sessionRefused();
	}, [stranger]);
	if (!expired && (other || errorCode(whoami.error) === "FORBIDDEN")) return removed(first, other);
	const session = other || stranger ? first : data;
	if (session) {
		makePageOf(session.id);
		keepWorkspace(session.workspace.id);
		return (
			<Context value={session}>
				<KeyProvider person={session.id} workspace={session.workspace.id} kid={session.workspace.kid}>
					{children}
				</KeyProvider>
			</Context>
		);
	}
	if (!whoami.error || away) return before;
	return trouble(new Error(whoami.error.message), () => void whoami.refetch());
}

export function SessionProvider(props: Props) {
	return (
		<QueryClientProvider client={queryClient}>
			<Session {...props} />
		</QueryClientProvider>
	);
}
