/** What several procedures take. Sealed bytes come as URL-safe base64 and leave zod as a Buffer. */
import { envelopeKid } from "tidegate/protocol/seal.ts";
import { z } from "zod";

/** What a text column takes: Postgres knows neither NUL nor half a character. */
export const isStorable = (text: string): boolean => !text.includes("\0") && text.isWellFormed();
export const NOT_STORABLE = "has a NUL or half a character in it, which cannot be stored: leave it out";
/** Characters that show nothing, or turn the direction of what is beside them. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const isSeen = (text: string): boolean => text.search(UNSEEN) < 0;
const NOT_SEEN = "has a character in it that shows nothing or turns the direction of the text: leave it out";
/** Text of people's own, up to `most` characters. */
export const PlainText = (most: number) => z.string().max(most).refine(isStorable, NOT_STORABLE);
/** A name that others read on their pages, up to `most` characters. */
export const ShownName = (most: number, empty = "is missing") => PlainText(most).trim().min(1, empty).refine(isSeen, NOT_SEEN);

/** An id in the one form in which it was sealed: lower case. */
export const Id = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, "must be a UUID in lower case");
/** An id that says when it was made. */
export const NewId = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, "must be a UUIDv7 in lower case");
export const Kid = z.string().regex(/^[0-9a-f]{16}$/, "must be a key id: 16 hexadecimal digits");
export const Seq = z.int().min(0);

/** An e-mail address in the one form in which it is kept. Whether mail arrives there is for others to say. */
export const Email = z
	.string()
	.trim()
	.toLowerCase()
	.max(320, "is too long for an e-mail address")
	.regex(/^[^\s@<>"]+@[^\s@<>"]+$/, "must be an e-mail address, as ada@example.com")
	.refine(isSeen, NOT_SEEN);

/** What sealing and deflate add at most to a content of up to 16 MiB. */
const OVERHEAD = 8 * 1024;

const NOT_SEALED =
	"must be sealed bytes in URL-safe base64, and never the value itself: tidegate run, answer and the like and the typed client seal it. Without them see /docs/run";

/** @param limit bytes of the clear content. */
export function Sealed(limit: number) {
	const most = Math.ceil(((limit + OVERHEAD) * 4) / 3);
	return z.string(NOT_SEALED).transform((encoded, context) => {
		if (encoded.length > most) {
			context.addIssue({ code: "custom", params: { reason: "too_large" }, message: `is larger than ${limit} bytes` });
			return z.NEVER;
		}
		const bytes = Buffer.from(encoded, "base64url");
		const problem = bytes.length === Math.floor((encoded.length * 3) / 4) ? isEnvelope(bytes) : "is not URL-safe base64 without padding";
		if (problem) context.addIssue({ code: "custom", message: problem });
		return bytes;
	});
}

/** @returns what is wrong with it. That it is sealed is all that can be told here. */
export function isEnvelope(bytes: Uint8Array): string | undefined {
	try {
		envelopeKid(bytes);
		return undefined;
	} catch {
		return "is not sealed: an envelope begins with TG1";
	}
}

export const toBase64 = (bytes: Uint8Array | null): string | null =>
	bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
export const toIso = (at: Date | string | null): string | null => (at === null ? null : new Date(at).toISOString());
