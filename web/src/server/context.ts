/** What a procedure knows of its request: who calls (proven when first asked) and from where. */
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { type Caller, callerAnywhere, callerByKey, callerBySession } from "./callers.ts";
import { Refused } from "./errors.ts";
import { address, isSameOrigin } from "./origin.ts";
import { limit } from "./rates.ts";
import { readSession } from "./session.ts";

export interface Context {
	/** The client's address. */
	from: string;
	/** @throws Refused. Asked again in a long subscription it looks again, so that a revocation ends it. */
	caller(): Promise<Caller>;
	/** As caller, but a session that asked for a workspace that is closed to it gets the one it signed in to, or else another of its own. */
	callerAnywhere(): Promise<Caller>;
	/** Subscriptions of this connection. */
	open: { subscriptions: number };
	/** Settles when what was sent before is on its way, so that a slow reader does not fill memory. */
	drained(): Promise<void>;
}

interface Claims {
	apiKey?: string;
	workspace?: string;
	/** Whom the page that asks belongs to: an open one must not act in the name of whoever signed in to the browser since. */
	person?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

async function prove(req: IncomingMessage, { apiKey, workspace, person }: Claims, anywhere: boolean): Promise<Caller> {
	if (apiKey !== undefined) {
		const caller = await callerByKey(apiKey);
		if (workspace && workspace !== caller.workspace.id) {
			throw new Refused("forbidden", `This API key belongs to the workspace "${caller.workspace.name}", not to the one asked for.`);
		}
		return caller;
	}
	const session = await readSession(req.headers.cookie);
	if (!session) throw new Refused("unauthorized", "Nobody is signed in: send an API key as `Authorization: Bearer tg_…`, or open a sign-in link.");
	// The browser sends the cookie along with whatever page asks: only our own pages may.
	if (!isSameOrigin(req)) throw new Refused("cross_origin", "This request came from a page of another site.");
	const known = !workspace || UUID.test(workspace);
	if (anywhere) return callerAnywhere(session, [known ? workspace || undefined : undefined, session.workspaceId]);
	if (person && person !== session.userId)
		throw new Refused("signed_out", "Somebody else has signed in in this browser: this page was made for who was signed in before. Load it again.");
	if (!known) throw new Refused("forbidden", "You are no member of this workspace.");
	return callerBySession(session, workspace || session.workspaceId);
}

/** Whoever is refused again and again is slowed down. */
async function slowing(req: IncomingMessage, proof: Promise<Caller>): Promise<Caller> {
	return proof.catch((error) => {
		if (error instanceof Refused) limit("refused", address(req));
		throw error;
	});
}

function context(req: IncomingMessage, claims: Claims, drained: () => Promise<void>): Context {
	return {
		from: address(req),
		caller: () => slowing(req, prove(req, claims, false)),
		callerAnywhere: () => slowing(req, prove(req, claims, true)),
		open: { subscriptions: 0 },
		drained,
	};
}

const header = (req: IncomingMessage, name: string): string | undefined => {
	const value = req.headers[name];
	return (Array.isArray(value) ? value[0] : value) || undefined;
};

export function httpClaims(req: IncomingMessage): Claims {
	const authorization = header(req, "authorization");
	const bearer = authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization);
	const apiKey = authorization === undefined ? undefined : (bearer?.[1] ?? "");
	return { apiKey, workspace: header(req, "x-tidegate-workspace"), person: header(req, "x-tidegate-person") };
}

export const httpContext = (req: IncomingMessage): Context => context(req, httpClaims(req), async () => undefined);

/** Bytes that may wait in a socket before a subscription pauses. */
const WAITING = 1024 * 1024;

export function socketContext(req: IncomingMessage, socket: WebSocket, params: Record<string, string | undefined> | null): Context {
	const drained = async (): Promise<void> => {
		while (socket.bufferedAmount > WAITING && socket.readyState === socket.OPEN) await new Promise((resolve) => setTimeout(resolve, 20));
	};
	const bearer = httpClaims(req);
	const claims = {
		apiKey: params?.apiKey || bearer.apiKey,
		workspace: params?.workspace || bearer.workspace,
		person: params?.person || bearer.person,
	};
	return context(req, claims, drained);
}
