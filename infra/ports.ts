import net from "node:net";

/** True if 127.0.0.1:port can be bound now. */
export function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const probe = net.createServer();
		probe.once("error", () => resolve(false));
		probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
	});
}

/** A port of 127.0.0.1 that nobody holds now; the caller must cope with losing the race for it. */
export function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const probe = net.createServer();
		probe.once("error", reject);
		probe.listen({ port: 0, host: "127.0.0.1", exclusive: true }, () => {
			const address = probe.address();
			if (address === null || typeof address === "string") return reject(new Error("no address for a free port"));
			probe.close(() => resolve(address.port));
		});
	});
}

/** `first` or the next free port after it. */
export async function freePortFrom(first: number): Promise<number> {
	for (let port = first; port < Math.min(first + 100, 65_536); port += 1) if (await isFree(port)) return port;
	return freePort();
}
