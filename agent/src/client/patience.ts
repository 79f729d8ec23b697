/** Requests that do not wait for ever: a server that takes the connection and says nothing looks like a slow one, until somebody counts. */

/** Until the answer to an ordinary request begins: it waits for nobody but the database. Milliseconds. */
export const ANSWER_MS = 30_000;

/** The server took the request, and did not begin to answer in time. */
export class NoAnswer extends Error {
	override readonly name = "NoAnswer";
	constructor(ms: number) {
		super(`it takes connections, but did not answer within ${ms / 1000} s`);
	}
}

/** As fetch. Only the beginning of the answer is waited for so long: a large one may take its time. @throws NoAnswer */
export async function fetchWithin(ms: number, url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
	const patience = new AbortController();
	const timer = setTimeout(() => patience.abort(new NoAnswer(ms)), ms);
	try {
		return await fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, patience.signal]) : patience.signal });
	} finally {
		clearTimeout(timer);
	}
}
