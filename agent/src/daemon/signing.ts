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

/** The pair of `home`, made where there is none (`make`) or missed. */
export function openSigner(home: Home, make = false): Signer {
	let stored = readJson(home.signKey) as JsonWebKey | null;
	if (!stored) {
		if (!make)
			throw new AgentError(
				`${home.signKey} is missing: this agent can no longer prove who it is.\nEnrol it again with a new token: tidegate agent enrol`,
			);
		stored = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }) as JsonWebKey;
		writePrivate(home.signKey, `${JSON.stringify(stored)}\n`);
	}
	let key: KeyObject;
	try {
		key = createPrivateKey({ key: stored as never, format: "jwk" });
	} catch {
		throw new AgentError(`${home.signKey} holds no Ed25519 key: remove it and enrol again.`);
	}
	return {
		publicHex: Buffer.from(String(stored.x), "base64url").toString("hex"),
		sign: (message) => hex(sign(null, Buffer.from(message), key)),
	};
}
