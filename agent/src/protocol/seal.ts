/**
 * Sealing: AES-256-GCM under a sub-key of the workspace key, in the envelope `TG1 | kid (8) | nonce (12) | ciphertext and tag`.
 * WebCrypto only, so that Node and the browser run the same file. The place a content belongs to is authenticated with it: an envelope that is moved does not open.
 */
import { type Bytes, base64, concat, fromBase64, hex, sameBytes, utf8 } from "./bytes.ts";

export const KEY_BYTES = 32;
const MAGIC = utf8("TG1");
const KID_BYTES = 8;
const NONCE_BYTES = 12;
/** Bytes that sealing adds to a content. */
export const SEAL_OVERHEAD = MAGIC.length + KID_BYTES + NONCE_BYTES + 16;

/** What is sealed. Each kind has sub-keys of its own, so one kind's envelope never passes for another's. */
export type SealKind =
	| "manifest"
	| "lock"
	| "chunk"
	| "chunk-name"
	| "address"
	| "task-id"
	| "parameters"
	| "log"
	| "task"
	| "error"
	| "result"
	| "finish"
	| "artifact"
	| "artifact-body"
	| "wait"
	| "answer"
	| "event"
	| "event-id"
	| "resume"
	| "mark"
	| "secret"
	| "setting";

/** Thrown where an envelope does not open. `reason` tells a wrong key from a content that was altered or moved. */
export class SealError extends Error {
	readonly reason: "wrong-key" | "altered" | "format";
	constructor(reason: "wrong-key" | "altered" | "format", message: string) {
		super(message);
		this.name = "SealError";
		this.reason = reason;
	}
}

/** A workspace key in use: its id and the sub-keys derived so far. One per process and workspace. */
export class WorkspaceKey {
	readonly workspace: string;
	/** First 8 bytes of SHA-256 of the key, as hex: tells keys apart, tells nothing about them. */
	readonly kid: string;
	#kid: Bytes;
	#root: CryptoKey;
	#cache = new Map<string, Promise<CryptoKey>>();

	private constructor(workspace: string, kid: Bytes, root: CryptoKey) {
		this.workspace = workspace;
		this.#kid = kid;
		this.kid = hex(kid);
		this.#root = root;
	}

	/** @param raw 32 bytes, not kept. @param workspace the workspace's id, which every sub-key is bound to. */
	static async open(raw: Bytes, workspace: string): Promise<WorkspaceKey> {
		if (raw.length !== KEY_BYTES) throw new SealError("format", `a workspace key has ${KEY_BYTES} bytes, this has ${raw.length}`);
		const root = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveKey"]);
		return new WorkspaceKey(workspace, await keyId(raw), root);
	}

	/** Seals `content` as kind `kind` of `id`, bound to `place`. */
	async seal(kind: SealKind, id: string, place: string, content: Bytes): Promise<Bytes> {
		const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
		const key = await this.#subKey(kind, id);
		const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: utf8(place) }, key, content);
		return concat(MAGIC, this.#kid, nonce, new Uint8Array(sealed));
	}

	/** Opens what {@link seal} made for the same kind, id and place. Throws SealError, never returns altered content. */
	async open(kind: SealKind, id: string, place: string, envelope: Uint8Array): Promise<Bytes> {
		const from = envelopeKid(envelope);
		if (from !== this.kid) throw new SealError("wrong-key", `sealed with workspace key ${from}, but the key here is ${this.kid}`);
		const start = MAGIC.length + KID_BYTES;
		const iv = envelope.slice(start, start + NONCE_BYTES);
		const key = await this.#subKey(kind, id);
		try {
			const content = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: utf8(place) }, key, envelope.slice(start + NONCE_BYTES));
			return new Uint8Array(content);
		} catch {
			throw new SealError("altered", `this ${kind} was altered, or belongs to another place than ${place}`);
		}
	}

	/** A name for `content` that only holders of the key can make or check: HMAC-SHA-256 under a sub-key, 32 bytes. */
	async name(kind: SealKind, id: string, content: Bytes): Promise<Bytes> {
		const key = await this.#subKey(kind, id, true);
		return new Uint8Array(await crypto.subtle.sign("HMAC", key, content));
	}

	#subKey(kind: SealKind, id: string, mac = false): Promise<CryptoKey> {
		const info = `${kind}\0${id}`;
		let key = this.#cache.get(info);
		if (!key) {
			// A long-lived agent sees many runs; the oldest sub-keys go first.
			if (this.#cache.size >= 4096) this.#cache.delete(this.#cache.keys().next().value as string);
			const algorithm = mac ? { name: "HMAC", hash: "SHA-256", length: 256 } : { name: "AES-GCM", length: 256 };
			const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8(`tidegate 1\0${this.workspace}\0${info}`) };
			key = crypto.subtle.deriveKey(derivation, this.#root, algorithm, false, mac ? ["sign"] : ["encrypt", "decrypt"]);
			this.#cache.set(info, key);
		}
		return key;
	}
}

/** @returns the key id (hex) that an envelope names, without opening it. */
export function envelopeKid(envelope: Uint8Array): string {
	if (envelope.length < SEAL_OVERHEAD || !sameBytes(envelope.subarray(0, MAGIC.length), MAGIC)) {
		throw new SealError("format", "this is no sealed envelope (it does not begin with TG1)");
	}
	return hex(envelope.subarray(MAGIC.length, MAGIC.length + KID_BYTES));
}

async function keyId(raw: Bytes): Promise<Bytes> {
	return new Uint8Array(await crypto.subtle.digest("SHA-256", raw)).slice(0, KID_BYTES);
}

/** The form in which people carry a workspace key: `tgk_` and 43 characters of URL-safe base64. */
export function printKey(raw: Bytes): string {
	return `tgk_${base64(raw)}`;
}

export function parseKey(printed: string): Bytes {
	const match = /^tgk_([A-Za-z0-9_-]{43})$/.exec(printed.trim());
	if (!match) throw new SealError("format", "a workspace key looks like tgk_ followed by 43 letters, digits, - or _");
	return fromBase64(match[1] as string);
}

export function newKey(): Bytes {
	return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}
