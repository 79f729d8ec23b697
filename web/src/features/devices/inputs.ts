/** What several of the doors to devices take. */
import { z } from "zod";
import { UNSEEN } from "../../server/inputs.ts";

export const PublicKey = z.string().regex(/^[0-9a-f]{64}$/, "must be an X25519 public key: 64 hexadecimal digits");

/** A workspace key, wrapped to a device: 32 bytes of an ephemeral key, a nonce, the key and a tag. */
export const Wrapped = z
	.string()
	.regex(/^[A-Za-z0-9_-]{123}$/, "must be a wrapped workspace key: 92 bytes as URL-safe base64")
	.transform((encoded) => Buffer.from(encoded, "base64url"));

/** Text of a stranger for a line of a page: no control characters, no half characters, at most `most` characters. */
export function oneLine(text: string, most: number): string {
	const shown = text.toWellFormed().replace(UNSEEN, " ");
	return [...shown].slice(0, most).join("").trim();
}
