/** Seals what the control plane itself must be able to read again, so that a stolen database or backup holds no client secret. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { server } from "./process.ts";

const NONCE = 12;
const TAG = 16;

/** One key a purpose, from TIDEGATE_SECRET: whoever changes that enters the secrets again. */
const keyOf = (purpose: string): Buffer => Buffer.from(hkdfSync("sha256", Buffer.from(server().secret), "", `tidegate at rest: ${purpose}`, 32));

/** @param place the row it belongs to: moved to another, it does not open. */
export function sealAtRest(text: string, purpose: string, place: string): Buffer {
	const nonce = randomBytes(NONCE);
	const cipher = createCipheriv("aes-256-gcm", keyOf(purpose), nonce).setAAD(Buffer.from(place));
	return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** @returns undefined where it was sealed under another TIDEGATE_SECRET, or for another place. */
export function openAtRest(sealed: Buffer, purpose: string, place: string): string | undefined {
	try {
		const decipher = createDecipheriv("aes-256-gcm", keyOf(purpose), sealed.subarray(0, NONCE)).setAAD(Buffer.from(place));
		decipher.setAuthTag(sealed.subarray(-TAG));
		return Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]).toString("utf8");
	} catch {
		return undefined;
	}
}
