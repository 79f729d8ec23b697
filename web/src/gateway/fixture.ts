/** The agents' door on a real socket, and an agent that knocks: for tests. */
import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { decodeFrame, encodeFrame, FRAME_TYPE } from "tidegate/protocol/frame.ts";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import {
	type PollAnswer,
	type PollRequest,
	PROTOCOL_HEADER,
	PROTOCOL_VERSION,
	type ReportAnswer,
	type TokenAnswer,
	tokenMessage,
} from "tidegate/protocol/wire.ts";
import type { Place } from "../features/runs/fixture.ts";
import { system } from "../server/db.ts";
import { setServer } from "../server/process.ts";
import { newToken } from "../server/secrets.ts";
import { handle } from "./index.ts";

export interface Gate {
	url: string;
	/** As the server does when it ends: held polls are answered. */
	stopping: AbortController;
	close(): Promise<void>;
}

export async function openGate(): Promise<Gate> {
	const stopping = new AbortController();
	const server = http.createServer((req, res) => void handle(req, res));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	setServer({ secret: randomBytes(32).toString("hex"), publicUrl: url, proxies: 0, triggersPerSecond: 1000, stopping: stopping.signal });
	return {
		url,
		stopping,
		async close() {
			stopping.abort();
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
			setServer(undefined);
		},
	};
}

export interface Answered<T = Record<string, unknown>> {
	status: number;
	header: T;
	parts: Uint8Array[];
}

export interface Knock {
	token?: string;
	parts?: Uint8Array[];
	signal?: AbortSignal;
	protocol?: string;
	body?: Uint8Array;
}

export async function knock<T>(
	gate: Gate,
	path: string,
	header: unknown,
	{ token, parts, signal, protocol, body }: Knock = {},
): Promise<Answered<T>> {
	const answer = await fetch(`${gate.url}/gateway/${path}`, {
		method: "POST",
		headers: { [PROTOCOL_HEADER]: protocol ?? String(PROTOCOL_VERSION), ...(token ? { authorization: `Bearer ${token}` } : {}) },
		body: new Uint8Array(body ?? encodeFrame(header, parts)),
		signal,
	});
	const bytes = new Uint8Array(await answer.arrayBuffer());
	if (answer.headers.get("content-type") !== FRAME_TYPE)
		return { status: answer.status, header: JSON.parse(new TextDecoder().decode(bytes)), parts: [] };
	const frame = decodeFrame(bytes);
	return { status: answer.status, header: frame.header as T, parts: frame.parts };
}

export async function enrolmentToken(place: Place, lifetime = "1 hour"): Promise<string> {
	const { token, hash } = newToken("tge");
	await system.query(
		"INSERT INTO enrolment_token (id, workspace_id, pool_id, hash, created_by, expires_at) VALUES ($1, $2, $3, $4, 'test', tg_now() + $5::interval)",
		[...[uuidv7(), place.workspaceId, place.poolId, hash, lifetime]],
	);
	return token;
}

export interface Candidate {
	name: string;
	key: KeyObject;
	signKey: string;
}

export function candidate(name = `agent-${randomUUID()}`): Candidate {
	const { privateKey } = generateKeyPairSync("ed25519");
	return { name, key: privateKey, signKey: Buffer.from(String(privateKey.export({ format: "jwk" }).x), "base64url").toString("hex") };
}

export const enrolRequest = (who: Candidate, token: string) => ({
	token,
	name: who.name,
	host: "host-1",
	signKey: who.signKey,
	deviceKey: randomBytes(32).toString("hex"),
	version: "0.1.0",
});

let signedAt = 0;

/** For an instant of its own, as each request has. */
export function tokenRequest(who: Candidate, agent: string, given: { at?: number; session?: number | null } = {}) {
	signedAt = Math.max(Date.now(), signedAt + 1);
	const claims = { agent, at: signedAt, session: null, ...given };
	return { ...claims, version: "0.1.0", host: "host-1", signature: sign(null, Buffer.from(tokenMessage(claims)), who.key).toString("hex") };
}

/** An enrolled agent with an access token. */
export class Knocker {
	readonly gate: Gate;
	readonly id: string;
	readonly candidate: Candidate;
	token = "";
	session = 0;

	constructor(gate: Gate, id: string, who: Candidate) {
		this.gate = gate;
		this.id = id;
		this.candidate = who;
	}

	static async enrol(gate: Gate, place: Place): Promise<Knocker> {
		const who = candidate();
		const { header } = await knock<{ agent: string }>(gate, "enrol", enrolRequest(who, await enrolmentToken(place)));
		const made = new Knocker(gate, header.agent, who);
		await made.begin();
		return made;
	}

	/** A new session, as a process that starts. */
	async begin(): Promise<void> {
		const { header } = await knock<TokenAnswer>(this.gate, "token", tokenRequest(this.candidate, this.id));
		this.token = header.token;
		this.session = header.session;
	}

	knock<T>(path: string, header: unknown, given: Knock = {}): Promise<Answered<T>> {
		return knock<T>(this.gate, path, header, { token: this.token, ...given });
	}

	poll(given: Partial<PollRequest> = {}, signal?: AbortSignal): Promise<Answered<PollAnswer>> {
		const asked: PollRequest = { poll: randomUUID(), free: 1, slots: 1, boot: "boot-1", holding: [], ...given };
		return this.knock<PollAnswer>("poll", asked, { signal });
	}

	report(executions: unknown[], parts: Uint8Array[] = []): Promise<Answered<ReportAnswer>> {
		return this.knock<ReportAnswer>("report", { executions }, { parts });
	}
}

/** What an execution asks a child with. */
export const childRequest = (one: { run: string; execution: number; token: string }, given: Record<string, unknown> = {}) => ({
	...{ run: one.run, execution: one.execution, token: one.token, task: randomBytes(16).toString("hex"), id: uuidv7(), flow: "penguins" },
	...{ pool: null, labels: {}, detached: false, version: null, step: null, parameters: null, ...given },
});
