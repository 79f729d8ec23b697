/**
 * Where this browser keeps workspace keys: in IndexedDB, only wrapped to a key pair of its own whose private half
 * can be used but never read out. A key that arrives by link is kept before its workspace is known, so that a reload loses nothing.
 */
import { type Bytes, base64, fromBase64, fromHex, hex } from "tidegate/protocol/bytes.ts";
import { newDevicePair, unwrapKey, wrapKey } from "tidegate/protocol/device.ts";
import { parseKey, printKey, WorkspaceKey } from "tidegate/protocol/seal.ts";

const ARRIVED = "arrived";

interface Kept {
	wrapped: Bytes;
}

/** @returns why keys can't be kept here, with what to do; undefined where they can. */
export function vaultTrouble(): string | undefined {
	if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
		return "Browsers offer cryptography only on https:// and on localhost. Open this page there, or read sealed content with the command line.";
	}
	if (!globalThis.indexedDB)
		return "This browser does not let pages store anything, so it can't keep a key. Private windows and strict settings do that.";
	return undefined;
}

function asPromise<T>(request: IDBRequest<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
	opened ??= new Promise((resolve, reject) => {
		const request = indexedDB.open("tidegate", 1);
		request.onupgradeneeded = () => {
			request.result.createObjectStore("device");
			request.result.createObjectStore("keys");
		};
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
	return opened;
}

async function store(name: "device" | "keys", mode: IDBTransactionMode): Promise<IDBObjectStore> {
	return (await database()).transaction(name, mode).objectStore(name);
}

async function devicePair(): Promise<CryptoKeyPair> {
	const kept: CryptoKeyPair | undefined = await asPromise((await store("device", "readonly")).get("pair"));
	if (kept) return kept;
	const made = await newDevicePair(false).catch((cause: Error) => {
		throw new Error("This browser is too old to keep keys (it lacks X25519): Chrome 133, Firefox 130, Safari 17 or newer can.", { cause });
	});
	try {
		await asPromise((await store("device", "readwrite")).add(made, "pair"));
		return made;
	} catch {
		// Another tab was faster; its pair is the one that wraps.
		return asPromise((await store("device", "readonly")).get("pair")) as Promise<CryptoKeyPair>;
	}
}

async function put(name: string, raw: Bytes): Promise<void> {
	const pair = await devicePair();
	const wrapped = await wrapKey(raw, pair.publicKey, name);
	await asPromise((await store("keys", "readwrite")).put({ wrapped } satisfies Kept, name));
}

async function take(name: string): Promise<Bytes | undefined> {
	const kept: Kept | undefined = await asPromise((await store("keys", "readonly")).get(name));
	if (!kept) return undefined;
	return unwrapKey(kept.wrapped, (await devicePair()).privateKey, name);
}

async function drop(name: string): Promise<void> {
	await asPromise((await store("keys", "readwrite")).delete(name));
}

/** A printed key (`tgk_…`), not kept. Rejects with words for the person who pasted it. */
export async function readKey(printed: string, workspace: string): Promise<{ raw: Bytes; key: WorkspaceKey }> {
	const raw = parseKey(printed);
	return { raw, key: await WorkspaceKey.open(raw, workspace) };
}

/** Keeps a key whose workspace is not known yet. */
export const keepArrived = (raw: Bytes): Promise<void> => put(ARRIVED, raw);

export async function keepKey(raw: Bytes, workspace: string): Promise<WorkspaceKey> {
	await put(workspace, raw);
	return WorkspaceKey.open(raw, workspace);
}

/** The key of `workspace`: the one kept, or the one that arrived if its id is `kid` (any, where the workspace has none yet). */
export async function recallKey(workspace: string, kid: string | null): Promise<WorkspaceKey | undefined> {
	const arrived = await take(ARRIVED);
	if (arrived) {
		const key = await WorkspaceKey.open(arrived, workspace);
		const fits = kid === null || key.kid === kid;
		// Kept in its place first: whoever leaves the page in between must not lose it.
		if (fits) await put(workspace, arrived);
		await drop(ARRIVED);
		if (fits) return key;
	}
	const raw = await take(workspace);
	if (!raw) return undefined;
	const key = await WorkspaceKey.open(raw, workspace);
	return kid === null || key.kid === kid ? key : undefined;
}

/** This browser's own public key, in hexadecimal digits. */
export async function ownPublicKey(): Promise<string> {
	return hex(new Uint8Array(await crypto.subtle.exportKey("raw", (await devicePair()).publicKey)));
}

/** The key of `workspace`, wrapped to another device's public key: the one moment in which it is taken out of its own wrapping. */
export async function wrapFor(publicHex: string, workspace: string): Promise<{ kid: string; wrapped: string }> {
	const raw = await take(workspace);
	if (!raw) throw new Error("This browser holds no workspace key that it could give.");
	const { kid } = await WorkspaceKey.open(raw, workspace);
	const publicKey = await crypto.subtle.importKey("raw", fromHex(publicHex), { name: "X25519" }, true, []);
	return { kid, wrapped: base64(await wrapKey(raw, publicKey, workspace)) };
}

/**
 * Keeps a key that another device wrapped for this one.
 * @param kid the id of the workspace's key, null where it has none yet. Rejects with words for the person who waits for it.
 */
export async function receiveKey(wrapped: string, workspace: string, kid: string | null): Promise<void> {
	const raw = await unwrapKey(fromBase64(wrapped), (await devicePair()).privateKey, workspace).catch(() => {
		throw new Error("The key that was granted does not open in this browser: it was wrapped for another one, or altered on its way.");
	});
	const key = await WorkspaceKey.open(raw, workspace);
	if (kid !== null && key.kid !== kid)
		throw new Error(`The key that was granted belongs to another workspace (key id ${key.kid}; this workspace uses ${kid}).`);
	await put(workspace, raw);
}

/** The kept key as it is printed, for a link to another browser: it goes into a fragment, which browsers do not send. */
export async function printKept(workspace: string): Promise<string | undefined> {
	const raw = await take(workspace);
	return raw && printKey(raw);
}

/** The keys of all workspaces, those that arrived and were not kept yet too. */
export async function forgetAllKeys(): Promise<void> {
	await asPromise((await store("keys", "readwrite")).clear());
}

export const forgetKey = (workspace: string): Promise<void> => drop(workspace);
