/** Token buckets, one a key or address: bounded in number, so that whoever has many addresses fills no memory. */
import { Refused } from "./errors.ts";
import { shared } from "./shared.ts";

/** Buckets of one rate. Past it the bucket that was unused longest is forgotten, which is generous to its owner and to nobody else. */
const MAX_BUCKETS = 10_000;

export class Rate {
	readonly #perSecond: number;
	readonly #burst: number;
	readonly #buckets = new Map<string, { tokens: number; at: number }>();

	constructor(perSecond: number, burst: number) {
		this.#perSecond = perSecond;
		this.#burst = burst;
	}

	/** Buckets that are remembered. */
	get size(): number {
		return this.#buckets.size;
	}

	/** @returns 0 where `who` may go on, else after how many seconds. */
	take(who: string, now = performance.now()): number {
		const bucket = this.#buckets.get(who) ?? { tokens: this.#burst, at: now };
		bucket.tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.at) / 1000) * this.#perSecond);
		bucket.at = now;
		this.#buckets.delete(who);
		this.#buckets.set(who, bucket);
		if (this.#buckets.size > MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value as string);
		if (bucket.tokens < 1) return (1 - bucket.tokens) / this.#perSecond;
		bucket.tokens -= 1;
		return 0;
	}
}

/** Sustained per second and at once. Guessing 256 bits is hopeless at any rate: these keep one client from taking the server from all others. */
const RATES = {
	/** Per address. A person signs in once, in two requests; an office behind one address does so in the same minutes. */
	signIn: [1, 100],
	/** Per address: questions before sign-in (which provider, whose invite). An office behind one address types them together. */
	open: [1, 60],
	/** Per person: invites and links for others. */
	invite: [0.1, 30],
	/** Per person: discovery documents that we fetch for them. */
	discovery: [0.2, 10],
	/** Per address: command lines that ask to be signed in. Each makes a row; an office behind one address starts some at once. */
	deviceLogin: [0.2, 30],
	/** Per address. Each waits two seconds or more between two questions. */
	devicePoll: [20, 200],
	/** Per person: codes that are typed on the page of sign-ins. Guessing one of 4 · 10^10 within ten minutes is hopeless at this rate. */
	deviceCode: [0.5, 30],
	/** Per address. A fleet behind one NAT enrols together. */
	enrol: [5, 100],
	/** Per address, only requests whose key or session was refused. */
	refused: [5, 200],
	/** Per address: reports of the content policy, each a line of the log. */
	report: [0.2, 20],
	/** Per key or person: what changes a run that is there (answers, events, marks, pauses, cancels). Each writes rows that stay. */
	act: [50, 500],
	/** Per key or person: each is up to a thousand cancels, one after the other. */
	cancelMany: [0.5, 20],
	/** Per key or person. */
	upload: [20, 100],
} as const;

export function limit(rate: keyof typeof RATES, who: string): void {
	const [perSecond, burst] = RATES[rate];
	take(rate, perSecond, burst, who);
}

/** Per key or person; how many is a setting. */
export function limitTriggers(who: string, perSecond: number): void {
	take("trigger", perSecond, perSecond * 10, who);
}

/** Of a server that ends: the next one in this process begins with none. */
export const forgetRates = (): void => rates().clear();

const rates = (): Map<string, Rate> => shared("rates", () => new Map());

function take(name: string, perSecond: number, burst: number, who: string): void {
	const rate = rates().get(name) ?? new Rate(perSecond, burst);
	rates().set(name, rate);
	const wait = rate.take(who);
	if (wait > 0) throw new Refused("too_many", `Too many requests of this kind: try again in ${Math.ceil(wait)} s.`);
}
