/** For tests of devices: people signed in without pages, and command lines at their door. */
import { randomBytes } from "node:crypto";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { createSignInLink } from "../../../../prisma/seed.ts";
import { browser, type ControlPlane, type House } from "../../fixture.ts";
import { forgetCallers } from "../../server/callers.ts";
import { system } from "../../server/db.ts";
import type { Role } from "../../server/roles.ts";

export interface Told<T> {
	status: number;
	data: T;
	reason: string | undefined;
	message: string | undefined;
}

/** A member with a session in one workspace. */
export class Member {
	readonly id: string;
	readonly email: string;
	readonly #house: House;
	readonly #who: ReturnType<typeof browser>;

	private constructor(id: string, email: string, house: House, who: ReturnType<typeof browser>) {
		this.id = id;
		this.email = email;
		this.#house = house;
		this.#who = who;
	}

	static async join(at: ControlPlane, house: House, role: Role): Promise<Member> {
		const id = uuidv7();
		const email = `${role}-${randomBytes(3).toString("hex")}@${house.organization.toLowerCase()}.test`;
		await system.query("INSERT INTO app_user (id, email, name) VALUES ($1, $2, $3)", [id, email, `${role} of ${house.organization}`]);
		await system.query("INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, $3)", [house.organizationId, id, role]);
		const who = browser(at.url);
		await who.signIn(await createSignInLink(at.databaseUrl, { workspaceId: house.workspaceId, userEmail: email }));
		return new Member(id, email, house, who);
	}

	async ask<T = Record<string, unknown>>(path: string, input: unknown = {}): Promise<Told<T>> {
		return read<T>(await this.#who.ask(`/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`));
	}

	async tell<T = Record<string, unknown>>(path: string, input: unknown = {}): Promise<Told<T>> {
		const headers = { "content-type": "application/json" };
		return read<T>(await this.#who.ask(`/trpc/${path}`, { method: "POST", headers, body: JSON.stringify(input) }));
	}

	/** null ends the membership. */
	async become(role: Role | null): Promise<void> {
		const who = [this.#house.organizationId, this.id];
		if (role) await system.query("UPDATE member SET role = $3 WHERE organization_id = $1 AND user_id = $2", [...who, role]);
		else await system.query("UPDATE member SET removed_at = tg_now() WHERE organization_id = $1 AND user_id = $2", who);
		forgetCallers();
	}
}

async function read<T>(answer: Response): Promise<Told<T>> {
	const body = (await answer.json()) as { result?: { data: T }; error?: { message: string; data: { reason: string } } };
	return { status: answer.status, data: body.result?.data as T, reason: body.error?.data.reason, message: body.error?.message };
}

export interface Code {
	device_code: string;
	user_code: string;
	verification_uri_complete: string;
	interval: number;
}

export const post = (at: { url: string }, path: string, body: unknown): Promise<Response> =>
	fetch(`${at.url}/api/device/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export async function askCode(at: { url: string }, publicKey: string, host = "workbench"): Promise<Code> {
	return (await (await post(at, "code", { public_key: publicKey, host, version: "0.1.0" })).json()) as Code;
}

/** What the door of tokens says; `api_key` where the command line is signed in. */
export async function poll(at: { url: string }, code: Code): Promise<Record<string, unknown> & { error?: string; api_key?: string }> {
	return (await (await post(at, "token", { device_code: code.device_code })).json()) as Record<string, unknown>;
}

/** Moves the database's clock for as long as `work` takes. */
export async function later(interval: string, work: () => Promise<void>): Promise<void> {
	await system.query("UPDATE clock SET shift = $1::interval", [interval]);
	try {
		await work();
	} finally {
		await system.query("UPDATE clock SET shift = '0'");
	}
}

export async function audited(house: House): Promise<string[]> {
	const { rows } = await system.query<{ action: string }>("SELECT action FROM audit WHERE workspace_id = $1 ORDER BY at, id", [house.workspaceId]);
	return rows.map(({ action }) => action);
}
