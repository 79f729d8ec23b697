/**
 * A device (browser, CLI, agent) keeps the workspace key only wrapped to its own X25519 pair:
 * ephemeral X25519 → HKDF-SHA-256 → AES-256-GCM, laid out as `ephemeral public (32) | nonce (12) | ciphertext and tag`.
 */
import { type Bytes, concat, utf8 } from "./bytes.ts";
import { SealError } from "./seal.ts";

const PUBLIC_BYTES = 32;
const NONCE_BYTES = 12;

/** @param extractable true only where the pair must be written to a file (CLI, agent); a browser's stays in IndexedDB. */
export async function newDevicePair(extractable: boolean): Promise<CryptoKeyPair> {
	return (await crypto.subtle.generateKey({ name: "X25519" }, extractable, ["deriveBits"])) as CryptoKeyPair;
}

async function wrappingKey(privateKey: CryptoKey, publicKey: CryptoKey, use: KeyUsage): Promise<CryptoKey> {
	const shared = await crypto.subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 256);
	const root = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
	const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8("tidegate 1\0device") };
	return crypto.subtle.deriveKey(derivation, root, { name: "AES-GCM", length: 256 }, false, [use]);
}

/** Wraps `raw` (a workspace key) for the device with `publicKey`, bound to `workspace`. */
export async function wrapKey(raw: Bytes, publicKey: CryptoKey, workspace: string): Promise<Bytes> {
	const ephemeral = await newDevicePair(true);
	const key = await wrappingKey(ephemeral.privateKey, publicKey, "encrypt");
	const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
	const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: utf8(workspace) }, key, raw);
	const exported = await crypto.subtle.exportKey("raw", ephemeral.publicKey);
	return concat(new Uint8Array(exported), nonce, new Uint8Array(sealed));
}

export async function unwrapKey(wrapped: Uint8Array, privateKey: CryptoKey, workspace: string): Promise<Bytes> {
	try {
		const ephemeral = await crypto.subtle.importKey("raw", wrapped.slice(0, PUBLIC_BYTES), { name: "X25519" }, false, []);
		const key = await wrappingKey(privateKey, ephemeral, "decrypt");
		const iv = wrapped.slice(PUBLIC_BYTES, PUBLIC_BYTES + NONCE_BYTES);
		const raw = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: utf8(workspace) }, key, wrapped.slice(PUBLIC_BYTES + NONCE_BYTES));
		return new Uint8Array(raw);
	} catch {
		throw new SealError("altered", "the stored workspace key does not open with this device's key: import the workspace key again");
	}
}
