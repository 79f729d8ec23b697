/**
 * Where this browser keeps workspace keys: in IndexedDB, only wrapped to a key pair of its own whose private half can be used but never read out. Pairs and
 * keys are kept for each person: who signs in after somebody else in one browser finds his own, and none other's.
 * A key that arrives by link is kept before its workspace is known, so that a reload loses nothing. It is taken by itself only where nothing speaks against
 * it, since anybody can make a link: else somebody has to decide.
 */
import { type Bytes, base64, fromBase64, fromHex, hex } from "tidegate/protocol/bytes.ts";
import { newDevicePair, unwrapKey, wrapKey } from "tidegate/protocol/device.ts";
import { parseKey, printKey, WorkspaceKey } from "tidegate/protocol/seal.ts";

/** The key that came by a link, and the pair that it is wrapped to, as nobody's. */
const ARRIVED = "arrived";

interface Kept {
	wrapped: Bytes;
	/** Of one that arrived: the link that brought it also signed somebody in, so it was no stranger's. */
	vouched?: boolean;
}

/** Whose key it is, and of which workspace. */
export interface Holder {
	person: string;
	workspace: string;
}

const nameOf = ({ person, workspace }: Holder): string => `${person} ${workspace}`;

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
		// Its keys do not say whose they are. Not waited for: an old tab may have it open.
		indexedDB.deleteDatabase("tidegate");
		const request = indexedDB.open("tidegate keys", 1);
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

async function pairOf(person: string): Promise<CryptoKeyPair> {
	const kept: CryptoKeyPair | undefined = await asPromise((await store("device", "readonly")).get(person));
	if (kept) return kept;
	const made = await newDevicePair(false).catch((cause: Error) => {
		throw new Error("This browser is too old to keep keys (it lacks X25519): Chrome 133, Firefox 130, Safari 17 or newer can.", { cause });
	});
	try {
		await asPromise((await store("device", "readwrite")).add(made, person));
		return made;
	} catch {
		// Another tab was faster; its pair is the one that wraps.
		return asPromise((await store("device", "readonly")).get(person)) as Promise<CryptoKeyPair>;
	}
}

async function put(name: string, person: string, raw: Bytes, more: Omit<Kept, "wrapped"> = {}): Promise<void> {
	const pair = await pairOf(person);
	const wrapped = await wrapKey(raw, pair.publicKey, name);
	await asPromise((await store("keys", "readwrite")).put({ wrapped, ...more } satisfies Kept, name));
}

async function take(name: string, person: string): Promise<{ raw: Bytes; vouched: boolean } | undefined> {
	const kept: Kept | undefined = await asPromise((await store("keys", "readonly")).get(name));
	if (!kept) return undefined;
	return { raw: await unwrapKey(kept.wrapped, (await pairOf(person)).privateKey, name), vouched: kept.vouched === true };
}

async function drop(name: string): Promise<void> {
	await asPromise((await store("keys", "readwrite")).delete(name));
}

const keep = (raw: Bytes, holder: Holder): Promise<void> => put(nameOf(holder), holder.person, raw);
const find = async (holder: Holder): Promise<Bytes | undefined> => (await take(nameOf(holder), holder.person))?.raw;

/** A printed key (`tgk_…`), not kept. Rejects with words for the person who pasted it. */
export async function readKey(printed: string, workspace: string): Promise<{ raw: Bytes; key: WorkspaceKey }> {
	const raw = parseKey(printed);
	return { raw, key: await WorkspaceKey.open(raw, workspace) };
}

/** Keeps a key whose workspace is not known yet. */
export const keepArrived = (raw: Bytes): Promise<void> => put(ARRIVED, ARRIVED, raw);

/** Said when the link that brought a key has signed somebody in. */
export async function vouchArrived(): Promise<void> {
	const arrived = await take(ARRIVED, ARRIVED);
	if (arrived) await put(ARRIVED, ARRIVED, arrived.raw, { vouched: true });
}

export const dropArrived = (): Promise<void> => drop(ARRIVED);

export async function keepKey(raw: Bytes, holder: Holder): Promise<WorkspaceKey> {
	await keep(raw, holder);
	return WorkspaceKey.open(raw, holder.workspace);
}

/** A key that a link brought and that nobody has decided about. */
export interface Offered {
	kid: string;
	/** It can't be the workspace's, which has another. */
	misfit: boolean;
	/** Id of the key that is held here already. */
	held: string | null;
}

export interface Recalled {
	key: WorkspaceKey | undefined;
	offered: Offered | undefined;
}

/** The key that is kept, if it is the workspace's. @param kid of the workspace's key; null where it has none yet. */
export async function openKept(holder: Holder, kid: string | null): Promise<WorkspaceKey | undefined> {
	const raw = await find(holder);
	if (!raw) return undefined;
	const key = await WorkspaceKey.open(raw, holder.workspace);
	return kid === null || key.kid === kid ? key : undefined;
}

/**
 * The key that is kept, or else the one that arrived where that is the workspace's by its id, or where the workspace has none yet and the link that
 * brought it signed in as well. Any other that arrived is offered.
 */
export async function recallKey(holder: Holder, kid: string | null): Promise<Recalled> {
	const key = await openKept(holder, kid);
	const arrived = await take(ARRIVED, ARRIVED);
	if (!arrived) return { key, offered: undefined };
	const came = await WorkspaceKey.open(arrived.raw, holder.workspace);
	if (came.kid === key?.kid) {
		await drop(ARRIVED);
		return { key, offered: undefined };
	}
	const misfit = kid !== null && came.kid !== kid;
	if (!key && !misfit && (kid !== null || arrived.vouched)) return { key: await acceptArrived(holder), offered: undefined };
	return { key, offered: { kid: came.kid, misfit, held: key?.kid ?? null } };
}

/** Takes the key that arrived. Kept in its place first: whoever leaves the page in between must not lose it. */
export async function acceptArrived(holder: Holder): Promise<WorkspaceKey | undefined> {
	const arrived = await take(ARRIVED, ARRIVED);
	if (!arrived) return undefined;
	const key = await keepKey(arrived.raw, holder);
	await drop(ARRIVED);
	return key;
}

/** The public key of this browser, as a person's device, in hexadecimal digits. */
export async function ownPublicKey(person: string): Promise<string> {
	return hex(new Uint8Array(await crypto.subtle.exportKey("raw", (await pairOf(person)).publicKey)));
}

/** The key of a workspace, wrapped to another device's public key: the one moment in which it is taken out of its own wrapping. */
export async function wrapFor(publicHex: string, holder: Holder): Promise<{ kid: string; wrapped: string }> {
	const raw = await find(holder);
	if (!raw) throw new Error("This browser holds no workspace key that it could give.");
	const { kid } = await WorkspaceKey.open(raw, holder.workspace);
	const publicKey = await crypto.subtle.importKey("raw", fromHex(publicHex), { name: "X25519" }, true, []);
	return { kid, wrapped: base64(await wrapKey(raw, publicKey, holder.workspace)) };
}

/**
 * Keeps a key that another device wrapped for this one.
 * @param kid the id of the workspace's key. Rejects with words for the person who waits for it.
 */
export async function receiveKey(wrapped: string, holder: Holder, kid: string): Promise<void> {
	const raw = await unwrapKey(fromBase64(wrapped), (await pairOf(holder.person)).privateKey, holder.workspace).catch(() => {
		throw new Error("it does not open in this browser: it was wrapped for another one, or altered on its way.");
	});
	const key = await WorkspaceKey.open(raw, holder.workspace).catch(() => {
		throw new Error("it is no workspace key.");
	});
	if (key.kid !== kid) throw new Error(`it is not the key of this workspace (key id ${key.kid}; this workspace uses ${kid}).`);
	await keep(raw, holder);
}

/** The kept key as it is printed, for a link to another browser: it goes into a fragment, which browsers do not send. */
export async function printKept(holder: Holder): Promise<string | undefined> {
	const raw = await find(holder);
	return raw && printKey(raw);
}

/** A person's keys of all workspaces, and one that arrived and was not kept yet. @param person none: everybody's */
export async function forgetAllKeys(person?: string): Promise<void> {
	if (person === undefined) return void (await asPromise((await store("keys", "readwrite")).clear()));
	const keys = await store("keys", "readwrite");
	await Promise.all([asPromise(keys.delete(IDBKeyRange.bound(`${person} `, `${person} \uffff`))), asPromise(keys.delete(ARRIVED))]);
}

export const forgetKey = (holder: Holder): Promise<void> => drop(nameOf(holder));
