/**
 * Who may hold a connection. One that has not proven whose it is holds its seat for seconds, and gives it up to the next where its address has taken all:
 * so whoever opens many keeps out nobody who proves himself at once, not even from the same address. One that is proven counts for its caller there.
 */

/** Long enough for a slow line to say who it is. Milliseconds. */
const UNPROVEN_FOR = 5_000;
/** Unproven of one address: far more than prove themselves at the same moment. */
const MAX_UNPROVEN = 100;
/** Of one caller at one address: a person with many tabs, or a key that an office's programs share. */
const MAX_PROVEN = 300;

interface Seat<C> {
	client: C;
	from: string;
	timer: NodeJS.Timeout;
	/** Whose it is: `address caller`. */
	owner?: string;
}

export class Seats<C> {
	readonly #seats = new Map<C, Seat<C>>();
	/** By address, in the order of arrival. */
	readonly #unproven = new Map<string, Set<Seat<C>>>();
	readonly #proven = new Map<string, number>();
	readonly #close: (client: C) => void;
	readonly #unprovenFor: number;

	/** @param close told of a client that proved nothing in time, or lost its seat @param unprovenFor milliseconds */
	constructor(close: (client: C) => void, unprovenFor: number = UNPROVEN_FOR) {
		this.#close = close;
		this.#unprovenFor = unprovenFor;
	}

	take(client: C, from: string): void {
		const waiting = this.#unproven.get(from) ?? new Set();
		this.#unproven.set(from, waiting);
		const [oldest] = waiting;
		if (oldest && waiting.size >= MAX_UNPROVEN) this.#end(oldest);
		const seat: Seat<C> = { client, from, timer: setTimeout(() => this.#end(seat), this.#unprovenFor).unref() };
		waiting.add(seat);
		this.#seats.set(client, seat);
	}

	/** @returns false where its caller has too many at this address. */
	prove(client: C, caller: string): boolean {
		const seat = this.#seats.get(client);
		if (!seat || seat.owner) return true;
		const owner = `${seat.from} ${caller}`;
		const there = this.#proven.get(owner) ?? 0;
		if (there >= MAX_PROVEN) return false;
		this.#stand(seat);
		seat.owner = owner;
		this.#proven.set(owner, there + 1);
		return true;
	}

	isProven(client: C): boolean {
		return this.#seats.get(client)?.owner !== undefined;
	}

	leave(client: C): void {
		const seat = this.#seats.get(client);
		if (!seat) return;
		this.#seats.delete(client);
		if (!seat.owner) {
			this.#stand(seat);
			return;
		}
		const left = (this.#proven.get(seat.owner) ?? 1) - 1;
		if (left > 0) this.#proven.set(seat.owner, left);
		else this.#proven.delete(seat.owner);
	}

	#end(seat: Seat<C>): void {
		this.#seats.delete(seat.client);
		this.#stand(seat);
		this.#close(seat.client);
	}

	/** Is no longer unproven. */
	#stand(seat: Seat<C>): void {
		clearTimeout(seat.timer);
		const waiting = this.#unproven.get(seat.from);
		waiting?.delete(seat);
		if (waiting?.size === 0) this.#unproven.delete(seat.from);
	}
}
