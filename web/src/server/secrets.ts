/** Tokens that the control plane gives out: 256 random bits, shown once, kept only as their SHA-256. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** `tg_`: API key, `tge_`: enrolment token, `tgl_`: sign-in link, `tgi_`: invite, `tgd_`: device code of a command line that signs in. */
export type TokenKind = "tg" | "tge" | "tgl" | "tgi" | "tgd";

export interface NewToken {
	/** Shown once to whoever asked for it. */
	token: string;
	hash: Buffer;
	/** Its first characters, enough to tell tokens apart and too few to help a guess. */
	prefix: string;
}

export function newToken(kind: TokenKind): NewToken {
	const token = `${kind}_${randomBytes(32).toString("base64url")}`;
	return { token, hash: hashToken(token), prefix: token.slice(0, kind.length + 7) };
}

/** No salt and no slow hash: there is nothing to guess in 256 random bits. */
export function hashToken(token: string): Buffer {
	return createHash("sha256").update(token).digest();
}

/** Whether `text` has the form of a token of `kind`, before anything is looked up for it. */
export function isToken(kind: TokenKind, text: string): boolean {
	return text.startsWith(`${kind}_`) && /^[A-Za-z0-9_-]{43}$/.test(text.slice(kind.length + 1));
}

export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && timingSafeEqual(a, b);
}
