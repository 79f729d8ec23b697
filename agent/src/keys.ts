/**
 * A home's own X25519 pair (device.json) and the workspace keys wrapped to it (keys/<workspace>.json). Shared by CLI and agent.
 * Both files are 0600; a copy of keys/ without device.json opens nothing.
 */
import { randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { workspaceKeyFromEnvironment } from "./config.ts";
import { diskWords } from "./disk-words.ts";
import { type Bytes, base64, fromBase64, fromHex, hex } from "./protocol/bytes.ts";
import { newDevicePair, unwrapKey, wrapKey } from "./protocol/device.ts";
import { KeyError } from "./protocol/key-error.ts";
import { parseKey, WorkspaceKey } from "./protocol/seal.ts";

export interface Device {
	publicKey: CryptoKey;
	privateKey: CryptoKey;
	/** Raw X25519 public key, 64 hexadecimal digits. */
	publicHex: string;
}

interface StoredKey {
	kid: string;
	wrapped: string;
}

/** Writes a file of mode 0600 whole or not at all. With `once`, keeps a file that is there already. */
export function writePrivate(path: string, content: string, once = false): void {
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	const draft = `${path}.${randomUUID()}`;
	writeFileSync(draft, content, { mode: 0o600, flag: "wx" });
	if (!once) {
		renameSync(draft, path);
		return;
	}
	try {
		linkSync(draft, path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	} finally {
		rmSync(draft, { force: true });
	}
}

function readJson<T>(path: string): T | null {
	try {
		return JSON.parse(readFileSync(path, "utf8")) as T;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw new KeyError("file", `cannot read ${path}: ${diskWords(error)}.`);
	}
}

/** The pair of `home`; made on first use. Two processes that make it at once end up with the same one. */
export async function openDevice(home: string): Promise<Device> {
	const path = join(home, "device.json");
	let stored = readJson<{ publicKey: JsonWebKey; privateKey: JsonWebKey }>(path);
	if (!stored) {
		const pair = await newDevicePair(true);
		const [publicKey, privateKey] = await Promise.all([pair.publicKey, pair.privateKey].map((half) => crypto.subtle.exportKey("jwk", half)));
		writePrivate(path, `${JSON.stringify({ publicKey, privateKey })}\n`, true);
		stored = readJson(path);
	}
	if (!stored?.publicKey || !stored.privateKey) throw new KeyError("file", `${path} holds no key pair`);
	const load = (half: JsonWebKey, uses: KeyUsage[]): Promise<CryptoKey> => crypto.subtle.importKey("jwk", half, { name: "X25519" }, true, uses);
	const [publicKey, privateKey] = await Promise.all([load(stored.publicKey, []), load(stored.privateKey, ["deriveBits"])]);
	return { publicKey, privateKey, publicHex: hex(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey))) };
}

/** People compare it on two screens, since whoever stands between could show another key: 80 bits of its SHA-256, as `1a2b-3c4d-…`. */
export async function fingerprint(publicHex: string): Promise<string> {
	const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", fromHex(publicHex))));
	return (digest.slice(0, 20).match(/.{4}/g) ?? []).join("-");
}

const keyFile = (home: string, workspace: string): string => join(home, "keys", `${workspace}.json`);

/**
 * Keeps a workspace key in `home`.
 * @param boundKid the id of the key that the workspace is bound to, null where it has none yet; another key is refused and nothing written.
 */
export async function saveWorkspaceKey(home: string, workspace: string, raw: Bytes, boundKid: string | null): Promise<WorkspaceKey> {
	const key = await WorkspaceKey.open(raw, workspace);
	if (boundKid !== null && boundKid !== key.kid) throw wrongKey(key.kid, boundKid);
	const device = await openDevice(home);
	const stored: StoredKey = { kid: key.kid, wrapped: base64(await wrapKey(raw, device.publicKey, workspace)) };
	writePrivate(keyFile(home, workspace), `${JSON.stringify(stored)}\n`);
	return key;
}

/** The 32 bytes of the workspace's key: from TIDEGATE_WORKSPACE_KEY, else from `home`. Throws KeyError. */
export async function readWorkspaceKey(home: string, workspace: string): Promise<Bytes> {
	const printed = workspaceKeyFromEnvironment();
	if (printed) return parseKey(printed);
	const stored = readJson<StoredKey>(keyFile(home, workspace));
	if (!stored) {
		throw new KeyError(
			"missing",
			`no key for workspace ${workspace} in ${join(home, "keys")}.\nImport it with tidegate key import, or set TIDEGATE_WORKSPACE_KEY.`,
		);
	}
	const device = await openDevice(home);
	return unwrapKey(fromBase64(stored.wrapped), device.privateKey, workspace);
}

/** Whether `home` itself holds a key of the workspace. */
export const holdsWorkspaceKey = (home: string, workspace: string): boolean => existsSync(keyFile(home, workspace));

/** Removes the workspace's key from `home`. Copies elsewhere stay. */
export const forgetWorkspaceKey = (home: string, workspace: string): void => rmSync(keyFile(home, workspace), { force: true });

/** The workspace's key, ready to seal and open. Throws KeyError. */
export async function openWorkspaceKey(home: string, workspace: string): Promise<WorkspaceKey> {
	return WorkspaceKey.open(await readWorkspaceKey(home, workspace), workspace);
}

export function wrongKey(own: string, bound: string): KeyError {
	return new KeyError(
		"wrong",
		`wrong workspace key: this one has id ${own}, the workspace's key has id ${bound}.\nImport the right one with tidegate key import, or set TIDEGATE_WORKSPACE_KEY.`,
	);
}
