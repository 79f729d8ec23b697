import { hex, text, utf8 } from "../../protocol/bytes.ts";

/** Whether a text stands in what was sent, in the clear or in a common guise. */
export function stands(body: Buffer, secret: string): boolean {
	const guises = [secret, Buffer.from(secret).toString("base64").replace(/=+$/, ""), hex(utf8(secret))];
	return guises.some((guise) => body.includes(guise) || text(body).includes(guise));
}
