/**
 * A control plane for the agent's tests: a real HTTP server on a real socket that speaks the gateway's frames, keeps everything in memory, and can be told to
 * lie, to lose its answers and to go away. Only what it was sent counts: it opens the streams with the workspace key, as a browser would.
 */
import { randomBytes, randomUUID } from "node:crypto";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeFrame, encodeFrame, FRAME_TYPE } from "../../protocol/frame.ts";
import { uuidv7 } from "../../protocol/ids.ts";
import { MAX_SEGMENT } from "../../protocol/limits.ts";
import type { Manifest } from "../../protocol/manifest.ts";
import { chunkName, manifestAddress, sealChunk, sealManifest, sealParameters, taskId } from "../../protocol/open.ts";
import { newKey, WorkspaceKey } from "../../protocol/seal.ts";
import {
	AnswersRequest,
	type Assignment,
	ChildRequest,
	ChunksRequest,
	EnrolRequest,
	type ExecutionRef,
	LockRequest,
	PollRequest,
	ReportRequest,
	TargetRequest,
	TokenRequest,
	VersionRequest,
} from "../../protocol/wire.ts";
import { answersOf, newsOf } from "./answers.ts";
import type { Deployed, RunRecord } from "./deployed.ts";
import { Kept } from "./kept.ts";
import { Opened } from "./opened.ts";

type Fault = "drop" | "refuse" | "spent";

export class ControlPlane extends Opened {
	readonly workspace = randomUUID();
	readonly raw = newKey();
	url = "";
	readonly chunks = new Map<string, Uint8Array>();
	readonly versions = new Map<string, Deployed>();
	readonly runs: RunRecord[] = [];
	readonly polls: PollRequest[] = [];
	/** Requests by path, and everything that came in, for canaries. */
	readonly requests: { path: string; body: Buffer }[] = [];
	/** What to do with the next answers of a path: `drop` does the work and cuts the connection. */
	/** Instants of token requests, each of which counts once. */
	readonly askedAt: number[] = [];
	/** Reports with a stretch of such a stream are refused, each time. */
	taboo: RegExp | undefined;
	refusal: [status: number, code: string] = [400, "bad_request"];
	readonly faults = new Map<string, Fault[]>();
	/** Runs that runs asked for, each once. */
	readonly children: (ChildRequest & { sealed: Uint8Array | null })[] = [];
	/** Milliseconds that reports take. */
	reportDelay = 0;
	revoked = false;
	session = 0;
	#server: http.Server | undefined;
	#sockets = new Set<Socket>();
	#waiters = new Set<() => void>();
	readonly settings = new Kept();
	#port = 0;

	static async start(): Promise<ControlPlane> {
		const plane = new ControlPlane();
		plane.key = await WorkspaceKey.open(plane.raw, plane.workspace);
		await plane.listen();
		return plane;
	}

	async listen(): Promise<void> {
		const server = http.createServer((request, response) => {
			this.#serve(request, response).catch((error: Error) => this.#refuse(response, ...this.refusal, error.message));
		});
		server.on("connection", (socket) => {
			this.#sockets.add(socket);
			socket.on("close", () => this.#sockets.delete(socket));
		});
		await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
		this.#port = (server.address() as AddressInfo).port;
		this.#server = server;
		this.url = `http://127.0.0.1:${this.#port}`;
	}

	/** Goes away in the middle of whatever it does, and keeps what it has. */
	async away(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise<void>((resolve) => this.#server?.close(() => resolve()));
		this.wake();
	}

	wake(): void {
		for (const waiter of this.#waiters) waiter();
	}

	/** @param files content by path */
	async deploy(files: Record<string, string | Buffer>, more: Partial<Manifest> = {}): Promise<Deployed> {
		const flow = more.flow ?? "flow";
		const number = more.number ?? [...this.versions.values()].filter((each) => each.flow === flow).length + 1;
		const listed: Manifest["files"] = [];
		for (const [path, content] of Object.entries(files)) {
			const bytes = new Uint8Array(Buffer.from(content));
			const chunks: string[] = [];
			for (let at = 0; at < bytes.length; at += 1024 * 1024) {
				const piece = bytes.slice(at, at + 1024 * 1024);
				const id = await chunkName(this.key, piece);
				if (!this.chunks.has(id)) this.chunks.set(id, await sealChunk(this.key, id, piece));
				chunks.push(id);
			}
			listed.push({ path, mode: 0o644, size: bytes.length, chunks });
		}
		const clear: Manifest = {
			...{
				format: 1,
				workspace: this.workspace,
				flow,
				number,
				entry: "flow.py:flow",
				doc: "",
				tasks: [],
				requirements: "",
				python: "3.11",
				requiresPython: null,
				branch: null,
				message: null,
			},
			parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
			files: listed,
			...more,
		};
		const deployed = {
			id: uuidv7(),
			flow,
			number,
			address: await manifestAddress(this.key, clear),
			manifest: await sealManifest(this.key, clear),
			clear,
			lock: null,
		};
		this.versions.set(deployed.id, deployed);
		return deployed;
	}

	async trigger(version: Deployed, parameters?: Record<string, unknown>, change: (record: RunRecord) => void = () => undefined): Promise<RunRecord> {
		const run = uuidv7();
		const place = { workspace: this.workspace, flow: version.flow, number: version.number, run };
		const assignment: Assignment = {
			...{
				run,
				execution: 1,
				attempt: 1,
				token: randomBytes(16).toString("hex"),
				flow: version.flow,
				version: version.id,
				number: version.number,
				address: version.address,
			},
			...{ parameters: null, logicalDate: new Date().toISOString(), url: `${this.url}/runs/${run}` },
			...{ answered: 0, resumes: null, refresh: false, parent: null, step: null, hook: null, store: null, settings: this.settings.revision },
		};
		const record: RunRecord = {
			...{
				assignment,
				place,
				parameters: parameters ? await sealParameters(this.key, place, parameters) : null,
				poll: null,
				started: null,
				taken: false,
			},
			...{
				cancelling: false,
				paused: false,
				fenced: false,
				finish: null,
				finishSealed: null,
				events: [],
				marks: new Map(),
				pieces: [],
				answers: [],
				waits: [],
			},
		};
		change(record);
		this.runs.push(record);
		this.wake();
		return record;
	}

	cancel(record: RunRecord): void {
		record.cancelling = true;
		this.wake();
	}

	/** Answers a wait that the run told, as a person does, or a time, or the end of a child. */
	answer(record: RunRecord, answer: Omit<RunRecord["answers"][number], "task">, key: string): Promise<void> {
		return taskId(this.key, record.assignment.run, key).then((task) => {
			record.answers.push({ task, ...answer });
			this.wake();
		});
	}

	/** The same run again, claimed once more: with its answers so far. */
	resume(record: RunRecord, attempt = record.assignment.attempt): RunRecord {
		const assignment = {
			...record.assignment,
			attempt,
			execution: record.assignment.execution + 1,
			token: randomBytes(16).toString("hex"),
			answered: record.answers.length,
		};
		const next: RunRecord = {
			...record,
			...{ assignment, poll: null, started: null, taken: false, finish: null, finishSealed: null, events: [], marks: new Map(), pieces: [] },
		};
		this.runs.push(next);
		this.wake();
		return next;
	}

	async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const body = Buffer.concat(chunks);
		const path = (request.url ?? "").replace("/gateway/", "");
		this.requests.push({ path, body });
		const { header, parts } = decodeFrame(body);
		const fault = this.faults.get(path)?.shift();
		if (fault === "refuse") return this.#refuse(response, 400, "bad_request", "told to refuse");
		if (path === "token") {
			const { at } = TokenRequest.parse(header);
			if (this.askedAt.includes(at) || fault === "spent") return this.#refuse(response, 401, "clock", "used before");
			this.askedAt.push(at);
		}
		if (path !== "enrol" && path !== "token") {
			if (this.revoked) return this.#refuse(response, 403, "revoked", "this agent was revoked");
			const token = request.headers.authorization;
			if (token !== `Bearer token ${this.session}`)
				return this.#refuse(response, token ? 409 : 401, token ? "superseded" : "unauthorized", "an older session");
		}
		const answer = await this.#answer(path, header, parts, response);
		if (response.writableEnded) return;
		if (!answer || fault === "drop") return void request.socket.destroy();
		response.writeHead(200, { "content-type": FRAME_TYPE }).end(encodeFrame(answer.header, answer.parts));
	}

	#refuse(response: http.ServerResponse, status: number, code: string, message: string): void {
		if (!response.headersSent) response.writeHead(status, { "content-type": FRAME_TYPE });
		response.end(encodeFrame({ code, message }));
	}

	async #answer(
		path: string,
		header: unknown,
		parts: Uint8Array[],
		response: http.ServerResponse,
	): Promise<{ header: unknown; parts?: Uint8Array[] } | undefined> {
		switch (path) {
			case "enrol":
				return {
					header: {
						agent: uuidv7(),
						name: EnrolRequest.parse(header).name,
						workspace: this.workspace,
						workspaceName: "test",
						pool: "default",
						kid: this.key.kid,
					},
				};
			case "token": {
				const asked = TokenRequest.parse(header);
				if (asked.session === null) this.session++;
				return { header: { token: `token ${asked.session ?? this.session}`, session: asked.session ?? this.session, expiresInSeconds: 600 } };
			}
			case "poll":
				return this.#poll(PollRequest.parse(header), response);
			case "report":
				await sleep(this.reportDelay);
				return { header: this.#report(ReportRequest.parse(header), parts) };
			case "version": {
				const version = this.versions.get(VersionRequest.parse(header).version) as Deployed;
				const { flow, number, address, manifest, lock } = version;
				return { header: { flow, number, address, manifest: 0, lock: lock ? 1 : null }, parts: lock ? [manifest, lock] : [manifest] };
			}
			case "lock": {
				const asked = LockRequest.parse(header);
				const version = this.versions.get(asked.version) as Deployed;
				version.lock ??= parts[asked.lock] as Uint8Array;
				return { header: { lock: 0 }, parts: [version.lock] };
			}
			case "settings":
				return this.settings.answer();
			case "answers":
				return answersOf(this.runs, AnswersRequest.parse(header));
			case "target": {
				const { flow, number } = TargetRequest.parse(header);
				const version = [...this.versions.values()].findLast((each) => each.flow === flow && (number === null || each.number === number));
				if (!version) return void this.#refuse(response, 404, "not_found", `there is no flow ${flow}.`);
				const { id, address, manifest } = version;
				return { header: { version: id, flow, number: version.number, address, kid: this.key.kid, manifest: 0 }, parts: [manifest] };
			}
			case "child": {
				const asked = ChildRequest.parse(header);
				const known = this.children.find((each) => each.run === asked.run && each.task === asked.task);
				if (!known) this.children.push({ ...asked, sealed: asked.parameters === null ? null : (parts[asked.parameters] as Uint8Array) });
				const { id, flow } = known ?? asked;
				return { header: { id, flow, number: 1, depth: 1 } };
			}
			case "chunks": {
				const ids = ChunksRequest.parse(header)
					.ids.filter((id) => this.chunks.has(id))
					.slice(0, 500);
				return { header: { ids }, parts: ids.map((id) => this.chunks.get(id) as Uint8Array) };
			}
			default:
				throw new Error(`no such path: ${path}`);
		}
	}

	async #poll(asked: PollRequest, response: http.ServerResponse): Promise<{ header: unknown; parts: Uint8Array[] } | undefined> {
		this.polls.push(asked);
		const holds = (record: RunRecord): boolean => asked.holding.some(({ run }) => run === record.assignment.run);
		const until = Date.now() + 25_000;
		for (;;) {
			const again = this.runs.filter((record) => record.poll === asked.poll && !holds(record));
			const fresh = again.length > 0 ? [] : this.runs.filter((record) => record.poll === null).slice(0, asked.free);
			const cancels = this.runs
				.filter((record) => (record.cancelling || record.fenced) && !record.finish && holds(record))
				.map(({ assignment }): ExecutionRef => assignment);
			for (const record of fresh) record.poll = asked.poll;
			const news = newsOf(this.runs, asked.holding);
			const given = [...again, ...fresh];
			if (given.length > 0 || cancels.length > 0 || news.length > 0 || Date.now() >= until) {
				if (given.length === 0) await sleep(20);
				const parts = given.flatMap(({ parameters }) => parameters ?? []);
				const assignments = given.map(({ assignment, parameters }) => ({ ...assignment, parameters: parameters ? parts.indexOf(parameters) : null }));
				return { header: { assignments, cancels, leaseSeconds: 30, news }, parts };
			}
			await this.#wait(response);
			if (response.destroyed || !this.#server?.listening) return undefined;
		}
	}

	#wait(response: http.ServerResponse): Promise<void> {
		return new Promise((resolve) => {
			const done = (): void => {
				clearTimeout(timer);
				this.#waiters.delete(done);
				resolve();
			};
			const timer = setTimeout(done, 1000);
			this.#waiters.add(done);
			response.once("close", done);
		});
	}

	#report(asked: ReportRequest, parts: Uint8Array[]): unknown {
		// As a real one does, which takes a report whole or not at all.
		const bad = asked.executions.find(({ segments }) => segments.some(({ stream }) => this.taboo?.test(stream)));
		if (bad) throw new Error(`run ${bad.run} told too much.`);
		const executions = asked.executions.map((said) => {
			const record = this.runs.find(
				({ assignment }) => assignment.run === said.run && assignment.token === said.token && assignment.execution === said.execution,
			);
			const ref = { run: said.run, execution: said.execution };
			if (!record || record.fenced) return { ...ref, state: "fenced", marks: {} };
			record.taken = true;
			record.started ??= said.startedAt;
			const marks: Record<string, number> = {};
			for (const segment of said.segments) {
				const mark = record.marks.get(segment.stream) ?? 0;
				if (segment.end - segment.start > MAX_SEGMENT) throw new Error(`${segment.stream} is too long`);
				if (segment.start === mark && segment.end > mark) {
					record.marks.set(segment.stream, segment.end);
					if (segment.part !== null)
						record.pieces.push({
							stream: segment.stream,
							start: segment.start,
							end: segment.end,
							sealed: parts[segment.part] as Uint8Array,
							at: Date.now(),
						});
					for (const event of segment.events) if (event.type === "wait") record.waits.push({ ...event, sealed: parts[event.sealed] as Uint8Array });
					for (const event of segment.events)
						record.events.push({ event, sealed: event.sealed === null ? null : (parts[event.sealed] as Uint8Array) });
				}
				marks[segment.stream] = record.marks.get(segment.stream) ?? 0;
			}
			if (said.finish && !record.finish) {
				record.finish = said.finish;
				record.finishSealed = parts[said.finish.sealed] as Uint8Array;
			}
			return { ...ref, state: record.finish ? "ended" : "live", marks };
		});
		return {
			executions,
			cancels: this.runs.filter(({ cancelling, finish }) => cancelling && !finish).map(({ assignment: { run, execution } }) => ({ run, execution })),
		};
	}
}
