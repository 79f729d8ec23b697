/**
 * Who waits for what. Waiters on the same server wake in memory; other servers hear one NOTIFY per 20 ms, from a connection of its own and after
 * the commit, because NOTIFY inside hot transactions makes their commits queue up. Signals carry ids only and may be lost: whoever waits
 * asks the database again, by position, when woken and now and then besides.
 */
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import pg from "pg";
import { log } from "./log.ts";
import { shared } from "./shared.ts";

const CHANNEL = "tidegate";
const COALESCE = 20;
/** Bytes of one NOTIFY: Postgres takes just under 8000. */
const PAYLOAD = 7_500;
const RECONNECT = [100, 500, 1_000, 2_000, 5_000];

export interface FlowSignal {
	workspace: string;
	/** Id. */
	flow: string;
	/** Null: the flow itself changed. */
	run: string | null;
}

export interface RunSignal extends FlowSignal {
	run: string;
}

type Signal =
	| ["run", string, string, string]
	| ["flow", string, string]
	| ["pool" | "freed" | "agent" | "fleet" | "device" | "session", string]
	| ["callers", "all"];

class Bus {
	/** Tells our own notifications from those of other servers. */
	readonly #self = randomBytes(6).toString("hex");
	readonly #emitter = new EventEmitter().setMaxListeners(0);
	readonly #pending = new Set<string>();
	#timer: NodeJS.Timeout | undefined;
	#retry: NodeJS.Timeout | undefined;
	#client: pg.Client | undefined;
	#url: string | undefined;
	#failures = 0;

	/** Something was appended to a run, or its state changed. */
	run({ workspace, flow, run }: RunSignal): void {
		this.#publish(["run", workspace, flow, run]);
	}
	/** A flow is new, has a new version, or another one is live; or what people say of it changed. */
	flow(workspace: string, flow: string): void {
		this.#publish(["flow", workspace, flow]);
	}
	/** A pool has work to claim. */
	pool(id: string): void {
		this.#publish(["pool", id]);
	}
	/** A run of a pool left its agent: matters where the pool's limit was met. */
	freed(pool: string): void {
		this.#publish(["freed", pool]);
	}
	/** An agent has something to hear: a cancel, a revocation, a drain. */
	agent(id: string): void {
		this.#publish(["agent", id]);
	}

	/** An agent or a pool of a workspace changed, runs aside: those tell themselves. */
	fleet(workspace: string): void {
		this.#publish(["fleet", workspace]);
	}
	/** A device of a workspace asks for its key, or got it. */
	device(workspaceId: string): void {
		this.#publish(["device", workspaceId]);
	}
	/** What somebody may do changed, or ended. */
	callers(): void {
		this.#publish(["callers", "all"]);
	}

	/** A session ended. Said to those alone whom it concerns: people sign out all the time. */
	session(id: string): void {
		this.#publish(["session", id]);
	}

	/** Each `on…` returns how to stop listening. */
	onRun(id: string, wake: () => void): () => void {
		return this.#on(`run ${id}`, wake);
	}
	/** Every run and flow of a workspace. After a gap in what other servers said, called with null: anything may have changed. */
	onWorkspace(id: string, hear: (signal: FlowSignal | null) => void): () => void {
		return this.#on(`workspace ${id}`, (signal?: FlowSignal) => hear(signal ?? null));
	}
	onPool(id: string, wake: () => void): () => void {
		return this.#on(`pool ${id}`, wake);
	}
	onFreed(pool: string, wake: () => void): () => void {
		return this.#on(`freed ${pool}`, wake);
	}
	onFleet(workspace: string, wake: () => void): () => void {
		return this.#on(`fleet ${workspace}`, wake);
	}
	onAgent(id: string, wake: () => void): () => void {
		return this.#on(`agent ${id}`, wake);
	}
	onDevice(workspaceId: string, wake: () => void): () => void {
		return this.#on(`device ${workspaceId}`, wake);
	}

	onCallers(hear: () => void): () => void {
		return this.#on("callers all", hear);
	}
	onSession(id: string, hear: () => void): () => void {
		return this.#on(`session ${id}`, hear);
	}
	/** Every session that ended, before those hear who follow it alone. After a gap with none: any may have. */
	onSessions(hear: (id: string | undefined) => void): () => void {
		this.#emitter.on("sessions", hear);
		return () => void this.#emitter.off("sessions", hear);
	}

	/** Joins the other servers on the same database. Without it the bus works within this process. */
	async join(url: string): Promise<void> {
		this.#url = url;
		await this.#listen();
	}

	async leave(): Promise<void> {
		await this.#flush();
		this.#url = undefined;
		clearTimeout(this.#timer);
		clearTimeout(this.#retry);
		const client = this.#client;
		this.#client = undefined;
		await client?.end().catch(() => undefined);
	}

	#on(topic: string, hear: (signal?: FlowSignal) => void): () => void {
		this.#emitter.on(topic, hear);
		return () => void this.#emitter.off(topic, hear);
	}

	#publish(signal: Signal): void {
		this.#deliver(signal);
		if (!this.#url) return;
		this.#pending.add(signal.join(" "));
		this.#timer ??= setTimeout(() => void this.#flush(), COALESCE).unref();
	}

	#deliver(signal: Signal): void {
		if (signal[0] === "session") this.#emitter.emit("sessions", signal[1]);
		if (signal[0] !== "run" && signal[0] !== "flow") {
			this.#emitter.emit(`${signal[0]} ${signal[1]}`);
			return;
		}
		const [, workspace, flow, run = null] = signal;
		if (run) this.#emitter.emit(`run ${run}`);
		this.#emitter.emit(`workspace ${workspace}`, { workspace, flow, run } satisfies FlowSignal);
	}

	async #flush(): Promise<void> {
		this.#timer = undefined;
		const client = this.#client;
		// While the connection is away nothing is kept: who waits asks again by itself.
		const signals = [...this.#pending];
		this.#pending.clear();
		if (!client || signals.length === 0) return;
		const payloads: string[] = [];
		for (const signal of signals) {
			const last = payloads.at(-1);
			if (last && last.length + signal.length < PAYLOAD) payloads[payloads.length - 1] = `${last},${signal}`;
			else payloads.push(`${this.#self},${signal}`);
		}
		await client.query("SELECT pg_notify($1, payload) FROM unnest($2::text[]) payload", [CHANNEL, payloads]).catch(() => undefined);
	}

	async #listen(): Promise<void> {
		const client = new pg.Client({
			connectionString: this.#url,
			options: "-c role=tidegate_system",
			application_name: "tidegate_bus",
			keepAlive: true,
		});
		const lost = (error?: Error): void => {
			if (this.#client !== client) return;
			this.#client = undefined;
			this.#again(error);
		};
		client.on("error", lost);
		client.on("end", () => lost());
		client.on("notification", ({ payload }) => this.#hear(payload ?? ""));
		try {
			await client.connect();
			await client.query(`LISTEN ${CHANNEL}`);
		} catch (error) {
			void client.end().catch(() => undefined);
			this.#again(error as Error);
			return;
		}
		if (this.#url === undefined) return void client.end().catch(() => undefined);
		this.#client = client;
		if (this.#failures > 0) this.#wakeAll();
		this.#failures = 0;
	}

	#again(error?: Error): void {
		if (this.#url === undefined) return;
		log.warn("the bus between servers is away", { error });
		const wait = RECONNECT[Math.min(this.#failures, RECONNECT.length - 1)] as number;
		this.#failures += 1;
		this.#retry = setTimeout(() => void this.#listen(), wait).unref();
	}

	#hear(payload: string): void {
		const [from, ...signals] = payload.split(",");
		if (from === this.#self) return;
		for (const signal of signals) this.#deliver(signal.split(" ") as Signal);
	}

	/** After a gap: everybody looks for himself. */
	#wakeAll(): void {
		this.#emitter.emit("sessions");
		for (const topic of this.#emitter.eventNames()) this.#emitter.emit(topic);
	}
}

export const bus = shared("bus", () => new Bus());
