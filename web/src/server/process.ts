/** What this process is: how it was set up, and when it ends. Set by the composition root. */
import type { InstallationProvider } from "../env.ts";
import { shared } from "./shared.ts";

export interface Server {
	/** Signs sessions and access tokens, and seals what must be kept readable (providers' client secrets). */
	secret: string;
	/** No slash at the end. */
	publicUrl: string;
	/** Proxies whose X-Forwarded-For is believed. */
	proxies: number;
	triggersPerSecond: number;
	/** Identity provider of the whole installation. */
	provider?: InstallationProvider;
	/** Aborts when the server stops: whoever holds a request answers it now, empty. */
	stopping: AbortSignal;
}

const holder = shared("server", () => ({ server: undefined as Server | undefined }));

export function setServer(server: Server | undefined): void {
	holder.server = server;
}

export function server(): Server {
	if (!holder.server) throw new Error("the server is not started yet");
	return holder.server;
}
