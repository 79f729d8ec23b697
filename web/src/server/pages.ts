/** Next, behind everything else: loaded while the server already answers, so that agents and API wait for no page. */
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Server } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";

export interface Pages {
	handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
	/** Hot reload, in development. */
	upgrade?(req: IncomingMessage, socket: Duplex, head: Buffer): void;
	/** Settles when the first page can be answered. @throws where Next does not start. */
	ready: Promise<void>;
	close(): Promise<void>;
}

/** @param dir the folder of the web package. @param built where next.config.ts has its pages. */
export function preparePages(dir: string, dev: boolean, host: string, port: number, built = join(dir, ".next")): Pages {
	if (!dev && !existsSync(join(built, "BUILD_ID"))) {
		throw new Error(`The pages are not built: run npm run build, or start without them (TIDEGATE_PAGES=0). Looked in ${built}`);
	}
	// Next would listen for upgrades on our server by itself, and leave those that it does not know hanging: it gets one that never listens.
	const decoy = new Server();
	const loading = import("next").then(async ({ default: next }) => {
		const app = next({ dev, dir, hostname: host, port, httpServer: decoy, customServer: true });
		await app.prepare();
		return { app, handle: app.getRequestHandler(), upgrade: app.getUpgradeHandler() };
	});
	return {
		ready: loading.then(() => undefined),
		handle: async (req, res) => (await loading).handle(req, res),
		upgrade: dev ? (req, socket, head) => void loading.then(({ upgrade }) => upgrade(req, socket, head)) : undefined,
		close: async () => {
			const loaded = await loading.catch(() => undefined);
			await loaded?.app.close();
		},
	};
}
