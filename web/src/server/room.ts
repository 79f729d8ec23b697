/**
 * Memory for bodies that are being read. Bytes count as they arrive, so that a slow sender holds what it sent and nothing more; an owner has a share,
 * so that nobody fills it alone. Who finds no room waits unread, in the order of arrival. Whoever came first of all, and first of its owner, always
 * goes on: half-read bodies never wait for each other, and the bound is passed by no more than a body or two.
 */

export interface Place {
	/** Counts bytes that arrived. @returns a promise where the next may be read only later. */
	take(bytes: number): Promise<void> | undefined;
}

interface Guest extends Place {
	owner: string;
	bytes: number;
	/** Set while it waits. */
	goOn: (() => void) | undefined;
}

export class Room {
	readonly #limit: number;
	readonly #share: number;
	/** In the order of arrival. */
	readonly #guests = new Set<Guest>();

	/** @param limit bytes of all, @param share bytes of one owner */
	constructor(limit: number, share: number) {
		this.#limit = limit;
		this.#share = share;
	}

	/** Bytes that are held now. */
	get held(): number {
		return this.#sum();
	}

	/** What `work` takes is held until it has ended. */
	async enter<T>(owner: string, work: (place: Place) => Promise<T>): Promise<T> {
		const guest: Guest = {
			owner,
			bytes: 0,
			goOn: undefined,
			take: (bytes) => {
				guest.bytes += bytes;
				if (this.#mayGoOn(guest)) return undefined;
				return new Promise((resolve) => {
					guest.goOn = resolve;
				});
			},
		};
		this.#guests.add(guest);
		try {
			return await work(guest);
		} finally {
			this.#guests.delete(guest);
			this.#wake();
		}
	}

	#sum(owner?: string): number {
		let sum = 0;
		for (const guest of this.#guests) if (owner === undefined || guest.owner === owner) sum += guest.bytes;
		return sum;
	}

	#mayGoOn(guest: Guest): boolean {
		if (this.#sum(guest.owner) > this.#share && !this.#isFirst(guest, guest.owner)) return false;
		return this.#sum() <= this.#limit || this.#isFirst(guest);
	}

	#isFirst(guest: Guest, owner?: string): boolean {
		for (const other of this.#guests) if (owner === undefined || other.owner === owner) return other === guest;
		return false;
	}

	#wake(): void {
		for (const guest of this.#guests) {
			if (!guest.goOn || !this.#mayGoOn(guest)) continue;
			guest.goOn();
			guest.goOn = undefined;
		}
	}
}
