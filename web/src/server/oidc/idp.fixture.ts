/** For tests: a real identity provider on loopback, certified code of its own, which can also be made to lie or fall silent. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-expect-error: it ships no types.
import OidcProvider from "oidc-provider";
import type { Page } from "playwright-core";

export const CLIENT = { id: "tidegate", secret: "a client secret that is long enough" };

export interface Person {
	email?: string;
	email_verified?: boolean;
	name?: string;
}

/** Who signs in there: by the subject typed into its form. */
export class Idp {
	readonly issuer: string;
	readonly people = new Map<string, Person>();
	/** What its discovery document calls it, where not by its name. */
	documentIssuer: string | undefined;
	/** What its answers say who they are from, where not by its name. */
	answerIssuer: string | undefined;
	/** Tokens are asked for in vain. */
	silent = false;
	/** Nothing is answered at all. */
	away = false;
	readonly #http: Server;
	#handle: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;

	private constructor(http: Server) {
		this.#http = http;
		this.issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
		http.on("request", (req, res) => this.#answer(req, res));
	}

	static async start(): Promise<Idp> {
		const http = createServer();
		await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
		return new Idp(http);
	}

	/** @param redirects where it may send people back to. @param thin its id tokens hold no address: that is asked for beside. */
	serve(redirects: string[], thin = false): void {
		const provider = new OidcProvider(this.issuer, {
			clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: redirects }],
			claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
			conformIdTokenClaims: thin,
			findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: async () => ({ sub, ...this.people.get(sub) }) }),
			cookies: { keys: ["a key of this test"] },
			pkce: { required: () => true },
			ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
		});
		this.#handle = provider.callback();
	}

	#answer(req: IncomingMessage, res: ServerResponse): void {
		const path = req.url ?? "/";
		if (this.away) return void req.socket.destroy();
		if (this.silent && path.startsWith("/token")) return void req.socket.destroy();
		if (this.documentIssuer && path.startsWith("/.well-known/openid-configuration")) {
			const at = (name: string): string => `${this.issuer}/${name}`;
			res.setHeader("content-type", "application/json");
			return void res.end(
				JSON.stringify({ issuer: this.documentIssuer, authorization_endpoint: at("auth"), token_endpoint: at("token"), jwks_uri: at("jwks") }),
			);
		}
		const lie = this.answerIssuer;
		if (lie) {
			const set = res.setHeader.bind(res);
			res.setHeader = (name, value) =>
				set(name, name.toLowerCase() === "location" ? String(value).replace(/([?&]iss=)[^&]*/, `$1${encodeURIComponent(lie)}`) : value);
		}
		this.#handle?.(req, res);
	}

	async stop(): Promise<void> {
		this.#http.closeAllConnections();
		await new Promise((resolve) => this.#http.close(resolve));
	}
}

/** Fills in its form and agrees, where it asks at all. */
export async function signInAt(page: Page, subject: string): Promise<void> {
	await page.locator("input[name=login]").fill(subject);
	await page.locator("input[name=password]").fill("any");
	await page.locator("button[type=submit]").click();
	await page.getByRole("button", { name: "Continue" }).click();
}
