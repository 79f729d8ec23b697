/** The agent's Ed25519 pair: made at enrolment, never leaves the home, proves each request for a token. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { writePrivate } from "../keys.ts";
import { hex } from "../protocol/bytes.ts";
import { AgentError, type Home, readJson } from "./home.ts";

export interface Signer {
	/** Raw public key, 64 hexadecimal digits. */
	publicHex: string;
	/** @returns the signature, 128 hexadecimal digits. */
	sign(message: string): string;
}

/** A new pair, in memory until it is kept in a home: then it is that home's, and what was there is gone. */
export function newSigner(): Signer & { keep(home: Home): void } {
	const stored = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
	return { ...signerOf(stored, "a new pair"), keep: (home) => writePrivate(home.signKey, `${JSON.stringify(stored)}\n`) };
}

/** The pair of `home`. */
export function openSigner(home: Home): Signer {
	const stored = readJson(home.signKey) as JsonWebKey | null;
	if (!stored)
		throw new AgentError(
			`${home.signKey} is missing: this agent can no longer prove who it is.\nEnrol it again with a new token: tidegate agent enrol --force`,
		);
	return signerOf(stored, home.signKey);
}

function signerOf(stored: JsonWebKey, from: string): Signer {
	let key: KeyObject;
	try {
		key = createPrivateKey({ key: stored as never, format: "jwk" });
	} catch {
		throw new AgentError(`${from} holds no Ed25519 key: remove it and enrol again.`);
	}
	return {
		publicHex: Buffer.from(String(stored.x), "base64url").toString("hex"),
		sign: (message) => hex(sign(null, Buffer.from(message), key)),
	};
}
